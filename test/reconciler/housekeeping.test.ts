import { describe, expect, it } from '@jest/globals';
import type { AccountState } from '../../src/lifecycle/observation.ts';
import { Housekeeping } from '../../src/reconciler/housekeeping.ts';
import { RecordingLog } from '../kubernetes/support/recording-log.ts';
import { VirtualClock } from '../kubernetes/support/virtual-clock.ts';
import { failure } from '../support/builders/snapshots.ts';

const OURS: AccountState = { kind: 'fits', userId: 'user-1', sinceMs: 0 };
const THEIRS: AccountState = { kind: 'changed', userId: 'user-2', sinceMs: 0, message: 'm' };
const TIMINGS = { busyPollMs: 5_000, sweepMs: 300_000 };

/** The tasks, on a clock that stands still; what they work on answers at once. */
function bench(list: () => ReturnType<typeof taken>, state: AccountState = OURS) {
  const clock = new VirtualClock();
  const account = { state };
  const counts = { lists: 0, sweeps: 0 };
  const options = { clock, log: new RecordingLog(), timings: TIMINGS, random: () => 0 };
  const housekeeping = new Housekeeping(options, {
    account: {
      get state() {
        return account.state;
      },
      failure: undefined,
      check: async () => await Promise.resolve(true),
    },
    poller: { poll: async () => await Promise.resolve(TIMINGS.busyPollMs) },
    inventory: {
      take: async () => {
        counts.lists += 1;
        return await Promise.resolve(list());
      },
    },
    sweep: {
      run: async () => {
        counts.sweeps += 1;
        await Promise.resolve();
      },
    },
    upkeep: { run: async () => await Promise.resolve() },
    health: { report: () => undefined, reportAccount: () => undefined },
  });
  housekeeping.start();
  return { clock, account, counts, housekeeping };
}

const COMPLETE = { instances: [], beganAtMs: 0 };

function taken(isFailing = false) {
  return isFailing ? failure({ reason: 'UnexpectedResponse' }) : COMPLETE;
}

describe('a list that is waited for', () => {
  it.each([
    { name: 'our own', state: OURS },
    { name: 'that of another user, for whom some GpuPods rent', state: THEIRS },
  ])('is taken once the key is known to be $name, however long that takes', async ({ state }) => {
    let isFailing = false;
    const { clock, account, counts, housekeeping } = bench(() => taken(isFailing));
    await clock.advance(1_000);
    isFailing = true;
    housekeeping.scheduleInventory(0);
    await clock.advance(100);
    // The key changed while it was listed; whose it is, is not known for a while.
    account.state = { kind: 'unknown' };
    isFailing = false;
    await clock.advance(60_000);
    const before = counts.lists;
    account.state = state;
    await clock.advance(10_000);
    expect(counts.lists).toBeGreaterThan(before);
    await housekeeping.stop();
  });

  it('is not asked for with a key that nobody has asked about', async () => {
    const { clock, counts, housekeeping } = bench(() => taken(), { kind: 'unknown' });
    await clock.advance(1_000);
    housekeeping.scheduleInventory(0);
    await clock.advance(60_000);
    expect(counts.lists).toBe(0);
    await housekeeping.stop();
  });
});
