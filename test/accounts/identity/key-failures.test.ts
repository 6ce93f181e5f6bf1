import { describe, expect, it } from '@jest/globals';
import type { Failure, FailureReason } from '../../../src/lifecycle/provider.ts';
import { KeyFailures } from '../../../src/accounts/identity/key-failures.ts';
import { RecordingLog } from '../../kubernetes/support/recording-log.ts';
import { failure } from '../../support/builders/snapshots.ts';

const REFUSED = failure({ reason: 'Unauthorized', message: 'the provider answered 401' });
const MISSING = failure({ reason: 'CredentialsMissing' });
const DOWN = failure({ reason: 'ApiUnavailable' });

function reasonOf(fields: object): string {
  return 'reason' in fields ? String(fields.reason) : '';
}

describe('KeyFailures', () => {
  it.each<{
    name: string;
    reports: readonly (readonly [string, Failure | undefined])[];
    lines: readonly string[];
  }>([
    {
      name: 'logs one warning for four consecutive refusals',
      reports: [
        ['account', REFUSED],
        ['account', REFUSED],
        ['list', REFUSED],
        ['account', REFUSED],
      ],
      lines: ['warn Unauthorized'],
    },
    {
      name: 'logs the recovery once, when all sources are healthy',
      reports: [
        ['poll', REFUSED],
        ['list', REFUSED],
        ['list', undefined],
        ['poll', undefined],
        ['list', undefined],
      ],
      lines: ['warn Unauthorized', 'info '],
    },
    {
      name: 'logs another warning for another reason, and for a second episode',
      reports: [
        ['account', REFUSED],
        ['account', MISSING],
        ['account', undefined],
        ['account', REFUSED],
      ],
      lines: ['warn Unauthorized', 'warn CredentialsMissing', 'info ', 'warn Unauthorized'],
    },
    {
      name: 'logs nothing for a temporary failure, which does not end an episode either',
      reports: [
        ['list', DOWN],
        ['list', REFUSED],
        ['list', DOWN],
        ['list', REFUSED],
      ],
      lines: ['warn Unauthorized'],
    },
  ])('$name', ({ reports, lines }) => {
    const log = new RecordingLog();
    const failures = new KeyFailures(log);
    for (const [source, reported] of reports) failures.report(source, reported);
    expect(log.lines.map(({ level, fields }) => `${level} ${reasonOf(fields)}`)).toEqual(lines);
  });

  it('says why the key is refused, until it works again', () => {
    const failures = new KeyFailures(new RecordingLog());
    failures.report('list', DOWN);
    expect(failures.reasons).toEqual([]);
    failures.report('account', MISSING);
    failures.report('list', REFUSED);
    expect(failures.reasons).toEqual(['Unauthorized']);
    failures.report('list', undefined);
    failures.report('account', undefined);
    expect(failures.reasons).toEqual([]);
  });

  it.each<{ reason: FailureReason; says: string }>([
    { reason: 'Unauthorized', says: 'nothing is rented or terminated' },
    { reason: 'CredentialsMissing', says: 'there is no API key; nothing is rented or terminated' },
    { reason: 'PaymentRequired', says: 'the provider may terminate running instances' },
  ])('logs for $reason what it costs: $says', ({ reason, says }) => {
    const log = new RecordingLog();
    new KeyFailures(log).report('list', failure({ reason }));
    expect(log.messages('warn')).toEqual([expect.stringContaining(says)]);
  });

  it('logs what to do', () => {
    const log = new RecordingLog();
    new KeyFailures(log).report('account', REFUSED);
    expect(log.lines[0]?.fields).toMatchObject({ wayOut: expect.stringContaining('replace the API key') });
  });
});
