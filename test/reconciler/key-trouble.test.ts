import { describe, expect, it } from '@jest/globals';
import type { Failure } from '../../src/lifecycle/provider.ts';
import { KeyTrouble } from '../../src/reconciler/key-trouble.ts';
import { RecordingLog } from '../kubernetes/support/recording-log.ts';
import { failure } from '../support/builders/snapshots.ts';

const REFUSED = failure({ reason: 'Unauthorized', message: 'the provider answered 401' });
const MISSING = failure({ reason: 'CredentialsMissing' });
const DOWN = failure({ reason: 'ApiUnavailable' });

function reasonOf(fields: object): string {
  return 'reason' in fields ? String(fields.reason) : '';
}

describe('the log of a key that is refused', () => {
  it.each<{
    name: string;
    reports: readonly (readonly [string, Failure | undefined])[];
    lines: readonly string[];
  }>([
    {
      name: 'four refusals in a row: one warning',
      reports: [
        ['account', REFUSED],
        ['account', REFUSED],
        ['list', REFUSED],
        ['account', REFUSED],
      ],
      lines: ['warn Unauthorized'],
    },
    {
      name: 'over: said once, when all is well',
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
      name: 'another reason is another warning, and a second episode too',
      reports: [
        ['account', REFUSED],
        ['account', MISSING],
        ['account', undefined],
        ['account', REFUSED],
      ],
      lines: ['warn Unauthorized', 'warn CredentialsMissing', 'info ', 'warn Unauthorized'],
    },
    {
      name: 'what passes by itself is none, and ends none',
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
    const trouble = new KeyTrouble(log);
    for (const [source, reported] of reports) trouble.report(source, reported);
    expect(log.lines.map(({ level, fields }) => `${level} ${reasonOf(fields)}`)).toEqual(lines);
  });

  it('says what to do', () => {
    const log = new RecordingLog();
    new KeyTrouble(log).report('account', REFUSED);
    expect(log.lines[0]?.fields).toMatchObject({ wayOut: expect.stringContaining('replace the API key') });
  });
});
