import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { systemClock } from '../../src/clock.ts';
import type { Clock } from '../../src/clock.ts';

/** SQLite's result code for a database that is locked. */
const sqliteBusy = 5;

/** Options of the wait for a lock. */
export interface LockOptions {
  readonly clock?: Clock;
  readonly pollMs?: number;
  /** Called once if the lock is taken. */
  readonly onWait?: () => void;
}

/**
 * Runs `work` while holding the lock file at `file`, across processes and within one.
 *
 * The lock is the exclusive lock of an empty SQLite database, so the kernel holds it: it ends with the
 * process that took it, however that one ended, and there is no stale lock to judge and no moment in which
 * two heirs can both take one over.
 */
export async function withFileLock<T>(
  file: string,
  work: () => Promise<T>,
  options: LockOptions = {},
): Promise<T> {
  const { clock = systemClock, pollMs = 500, onWait } = options;
  await mkdir(path.dirname(file), { recursive: true });
  const database = new DatabaseSync(file, { timeout: 0 });
  try {
    if (!tryLock(database)) {
      onWait?.();
      do await clock.sleep(pollMs);
      while (!tryLock(database));
    }
    return await work();
  } finally {
    database.close();
  }
}

function tryLock(database: DatabaseSync): boolean {
  try {
    database.exec('BEGIN EXCLUSIVE');
    return true;
  } catch (error) {
    if (isBusy(error)) return false;
    throw error;
  }
}

/** Not by `instanceof`, because a test runner gives modules another `Error` than SQLite throws. */
function isBusy(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'errcode' in error && error.errcode === sqliteBusy;
}
