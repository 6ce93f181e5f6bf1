import { describe, expect, it } from '@jest/globals';
import type { AccountState } from '../../src/lifecycle/observation.ts';
import { Housekeeping } from '../../src/accounts/housekeeping.ts';
import { RecordingLog } from '../kubernetes/support/recording-log.ts';
import { VirtualClock } from '../kubernetes/support/virtual-clock.ts';
import { failure } from '../support/builders/snapshots.ts';

const OURS: AccountState = { kind: 'fits', userId: 'user-1', sinceMs: 0 };
const THEIRS: AccountState = { kind: 'changed', userId: 'user-2', sinceMs: 0, message: 'm' };
const TIMINGS = { busyPollMs: 5_000, sweepMs: 300_000 };

/** The tasks, on a clock that the test moves. Their dependencies answer at once. */
function bench(list: () => ReturnType<typeof taken>, state: AccountState = OURS) {
  const clock = new VirtualClock();
  const account = { state };
  const counts = { lists: 0, sweeps: 0 };
  const options = { clock, log: new RecordingLog(), timings: TIMINGS, random: () => 0 };
  const housekeeping = new Housekeeping(options, [
    {
      name: 'operator',
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
    },
  ]);
  housekeeping.start();
  return { clock, account, counts, housekeeping };
}

const COMPLETE = { instances: [], beganAtMs: 0 };

function taken(isFailing = false) {
  return isFailing ? failure({ reason: 'UnexpectedResponse' }) : COMPLETE;
}

describe('a requested inventory', () => {
  it.each([
    { name: 'the own account', state: OURS },
    { name: 'the account of another user that some GpuPods name', state: THEIRS },
  ])('is taken as soon as the key is known to belong to $name', async ({ state }) => {
    let isFailing = false;
    const { clock, account, counts, housekeeping } = bench(() => taken(isFailing));
    await clock.advance(1_000);
    isFailing = true;
    housekeeping.scheduleInventory('operator', 0);
    await clock.advance(100);
    // The key changed during the list request. For a while its account is unknown.
    account.state = { kind: 'unknown' };
    isFailing = false;
    await clock.advance(60_000);
    const before = counts.lists;
    account.state = state;
    await clock.advance(10_000);
    expect(counts.lists).toBeGreaterThan(before);
    await housekeeping.stop();
  });

  it('is not taken with a key whose account is unknown', async () => {
    const { clock, counts, housekeeping } = bench(() => taken(), { kind: 'unknown' });
    await clock.advance(1_000);
    housekeeping.scheduleInventory('operator', 0);
    await clock.advance(60_000);
    expect(counts.lists).toBe(0);
    await housekeeping.stop();
  });
});
