import type { Log } from '../../kubernetes/log.ts';

/** A log whose lines say which account they are about. */
export function logOfAccount(log: Log, account: string): Log {
  return {
    debug: (fields, message) => {
      log.debug({ account, ...fields }, message);
    },
    info: (fields, message) => {
      log.info({ account, ...fields }, message);
    },
    warn: (fields, message) => {
      log.warn({ account, ...fields }, message);
    },
    error: (fields, message) => {
      log.error({ account, ...fields }, message);
    },
  };
}
