import type { Log } from '../kubernetes/log.ts';
import type { WalletReport } from './census.ts';

const MAX_IDS = 10;

/** Writes into the log what changed in how the lists go, by wallet and id; every report goes on to `observe`. */
export function createListReporter(
  log: Log,
  observe: ((report: WalletReport) => void) | undefined,
): (report: WalletReport) => void {
  const last = new Map<WalletReport['wallet'], string>();
  return (report) => {
    observe?.(report);
    const { wallet, failure, nameless, unidentified } = report;
    const fields = {
      teamId: wallet ?? '',
      ...(failure === undefined ? {} : { reason: failure.reason, problem: failure.message }),
      ...(nameless.length === 0 ? {} : { podIds: nameless.slice(0, MAX_IDS) }),
      ...(unidentified === 0 ? {} : { rowsWithoutId: unidentified }),
    };
    const text = JSON.stringify(fields);
    const isSound = failure === undefined && nameless.length === 0 && unidentified === 0;
    const isNews = last.get(wallet) !== text && !(isSound && !last.has(wallet));
    last.set(wallet, text);
    if (isNews && isSound) {
      log.info(fields, 'listed all instances of a wallet again');
    } else if (isNews) {
      log.warn(fields, 'failed to read some instances of a wallet');
    }
  };
}
