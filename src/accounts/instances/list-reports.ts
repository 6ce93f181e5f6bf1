import type { Log } from '../../kubernetes/log.ts';
import type { WalletReport } from './wallet-lists.ts';

const MAX_IDS = 10;

/** Logs each change in the results of the lists, by wallet and ID, and passes every report on to `observe`. */
export function createListReporter(
  log: Log,
  observe: ((report: WalletReport) => void) | undefined,
): (report: WalletReport) => void {
  const last = new Map<WalletReport['wallet'], string>();
  return (report) => {
    observe?.(report);
    const teamId = report.wallet ?? '';
    const problems = problemsOf(report);
    const text = JSON.stringify(problems);
    const before = last.get(report.wallet) ?? SOUND;
    if (text === SOUND) {
      last.delete(report.wallet);
    } else {
      last.set(report.wallet, text);
    }
    if (text === before || report.isDropped === true) {
      return;
    }
    if (text === SOUND) {
      log.info({ teamId }, 'listed all instances of a wallet again');
    } else {
      log.warn({ teamId, ...problems }, 'failed to read some instances of a wallet');
    }
  };
}

const SOUND = '{}';

function problemsOf({ failure, nameless, unidentified }: WalletReport): Record<string, unknown> {
  return {
    ...(failure === undefined ? {} : { reason: failure.reason, problem: failure.message }),
    ...(nameless.length === 0 ? {} : { podIds: nameless.slice(0, MAX_IDS) }),
    ...(unidentified === 0 ? {} : { rowsWithoutId: unidentified }),
  };
}
