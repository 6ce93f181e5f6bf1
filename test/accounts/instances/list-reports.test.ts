import { describe, expect, it } from '@jest/globals';
import type { WalletReport } from '../../../src/accounts/instances/wallet-lists.ts';
import { createListReporter } from '../../../src/accounts/instances/list-reports.ts';
import { RecordingLog } from '../../kubernetes/support/recording-log.ts';
import { failure } from '../../support/builders/snapshots.ts';

const FAILED = 'failed to read some instances of a wallet';
const AGAIN = 'listed all instances of a wallet again';
const DOWN = failure({ message: 'HTTP status 503.' });
const REFUSED = failure({ reason: 'Unauthorized', message: 'HTTP status 401.' });

/** A sound list of the wallet without a team. */
function report(overrides: Partial<WalletReport> = {}): WalletReport {
  return { wallet: undefined, nameless: [], unidentified: 0, ...overrides };
}

function linesOf(reports: readonly WalletReport[]) {
  const log = new RecordingLog();
  reports.forEach(createListReporter(log, undefined));
  return log.lines.map(({ level, fields, message }) => [level, fields, message]);
}

describe('the log of the lists', () => {
  it.each<{ name: string; reports: readonly WalletReport[]; lines: readonly unknown[] }>([
    { name: 'says nothing about sound lists', reports: [report(), report({ wallet: 't-1' })], lines: [] },
    {
      name: 'names a failure once while it lasts',
      reports: [report({ failure: DOWN }), report({ failure: DOWN })],
      lines: [['warn', { teamId: '', reason: 'ApiUnavailable', problem: 'HTTP status 503.' }, FAILED]],
    },
    {
      name: 'names each other failure, and the end once',
      reports: [report({ failure: DOWN }), report({ failure: REFUSED }), report(), report()],
      lines: [
        ['warn', { teamId: '', reason: 'ApiUnavailable', problem: 'HTTP status 503.' }, FAILED],
        ['warn', { teamId: '', reason: 'Unauthorized', problem: 'HTTP status 401.' }, FAILED],
        ['info', { teamId: '' }, AGAIN],
      ],
    },
    {
      name: 'names the same failure again after its end',
      reports: [report({ unidentified: 2 }), report(), report({ unidentified: 2 })],
      lines: [
        ['warn', { teamId: '', rowsWithoutId: 2 }, FAILED],
        ['info', { teamId: '' }, AGAIN],
        ['warn', { teamId: '', rowsWithoutId: 2 }, FAILED],
      ],
    },
    {
      name: 'tells the wallets apart, so that one does not end the failure of another',
      reports: [
        report({ wallet: 't-1', failure: DOWN }),
        report(),
        report({ wallet: 't-2', failure: DOWN }),
        report({ wallet: 't-1', failure: DOWN }),
      ],
      lines: ['t-1', 't-2'].map((teamId) => [
        'warn',
        { teamId, reason: 'ApiUnavailable', problem: 'HTTP status 503.' },
        FAILED,
      ]),
    },
    {
      name: 'names each change of the instances without a readable name',
      reports: [
        report({ nameless: ['p-1'] }),
        report({ nameless: ['p-1'] }),
        report({ nameless: ['p-1', 'p-2'] }),
      ],
      lines: [
        ['warn', { teamId: '', podIds: ['p-1'] }, FAILED],
        ['warn', { teamId: '', podIds: ['p-1', 'p-2'] }, FAILED],
      ],
    },
    {
      name: 'names ten instances at most, so that a line stays readable',
      reports: [report({ nameless: Array.from({ length: 12 }, (_, index) => `p-${index}`) })],
      lines: [
        ['warn', { teamId: '', podIds: Array.from({ length: 10 }, (_, index) => `p-${index}`) }, FAILED],
      ],
    },
  ])('$name', ({ reports, lines }) => {
    expect(linesOf(reports)).toEqual(lines);
  });

  it('passes on every report, also without a change, because metrics count them', () => {
    const seen: WalletReport[] = [];
    const reports = [report(), report({ failure: DOWN }), report({ failure: DOWN })];
    reports.forEach(createListReporter(new RecordingLog(), (one) => seen.push(one)));
    expect(seen).toEqual(reports);
  });
});
