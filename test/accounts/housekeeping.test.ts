import { describe, expect, it } from '@jest/globals';
import type { AccountState } from '../../src/lifecycle/observation.ts';
import { Housekeeping } from '../../src/accounts/housekeeping.ts';
import type { HousekeepingParts } from '../../src/accounts/housekeeping.ts';
import { RecordingLog } from '../kubernetes/support/recording-log.ts';
import { VirtualClock } from '../kubernetes/support/virtual-clock.ts';
import { failure } from '../support/builders/snapshots.ts';

const OURS: AccountState = { kind: 'fits', userId: 'user-1', sinceMs: 0 };
const THEIRS: AccountState = { kind: 'changed', userId: 'user-2', sinceMs: 0, message: 'm' };
const TIMINGS = { busyPollMs: 5_000, quietPollMs: 60_000, sweepMs: 300_000 };

/** What the tasks of one account use. Its dependencies answer at once. */
function accountOf(name: string, state: AccountState, list: () => ReturnType<typeof taken>) {
  const account = { state };
  const counts = { checks: 0, polls: 0, lists: 0, sweeps: 0, keySweeps: 0 };
  const keyUse = { mayHaveKeys: false };
  const due: { inMs: number | undefined } = { inMs: 0 };
  const parts: HousekeepingParts = {
    name,
    account: {
      get state() {
        return account.state;
      },
      failure: undefined,
      check: async () => {
        counts.checks += 1;
        return await Promise.resolve(true);
      },
    },
    poller: {
      poll: async () => {
        counts.polls += 1;
        return await Promise.resolve(TIMINGS.busyPollMs);
      },
    },
    inventory: {
      take: async () => {
        counts.lists += 1;
        return await Promise.resolve(list());
      },
      dueInMs: () => due.inMs,
    },
    sweep: {
      run: async () => {
        counts.sweeps += 1;
        await Promise.resolve();
      },
    },
    upkeep: { run: async () => await Promise.resolve() },
    keySweep: {
      run: async () => {
        counts.keySweeps += 1;
        return await Promise.resolve(counts.keySweeps === 1 ? 300_000 : undefined);
      },
    },
    keyUse,
    health: { report: () => undefined, reportAccount: () => undefined },
  };
  return { account, counts, parts, keyUse, due };
}

/** The tasks of one account, on a clock that the test moves. */
function bench(list: () => ReturnType<typeof taken>, state: AccountState = OURS) {
  const { account, counts, parts, keyUse, due } = accountOf('operator', state, list);
  const { clock, housekeeping } = running([parts]);
  return { clock, account, counts, housekeeping, keyUse, due };
}

function running(accounts: readonly HousekeepingParts[]) {
  const clock = new VirtualClock();
  const options = { clock, log: new RecordingLog(), timings: TIMINGS, random: () => 0 };
  const housekeeping = new Housekeeping(options, accounts);
  housekeeping.start();
  return { clock, housekeeping };
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

  it('is not taken if a sweep has brought what everybody waited for, and is later if that sweep was long', async () => {
    const { clock, counts, housekeeping, due } = bench(() => taken());
    await clock.advance(1_000);
    const before = counts.lists;
    due.inMs = undefined;
    housekeeping.scheduleInventory('operator', 0);
    await clock.advance(10_000);
    expect(counts.lists).toBe(before);
    due.inMs = 5_000;
    housekeeping.scheduleInventory('operator', 0);
    await clock.advance(4_000);
    expect(counts.lists).toBe(before);
    due.inMs = 0;
    await clock.advance(2_000);
    expect(counts.lists).toBe(before + 1);
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

describe('several accounts', () => {
  it('do not wait for one whose list hangs', async () => {
    const hanging = accountOf('team/hanging', OURS, () => COMPLETE);
    const others = ['operator', 'team/one', 'team/two'].map((name) => accountOf(name, OURS, () => COMPLETE));
    const never = Promise.withResolvers<never>();
    const { clock, housekeeping } = running([
      { ...hanging.parts, inventory: { ...hanging.parts.inventory, take: async () => await never.promise } },
      ...others.map(({ parts }) => parts),
    ]);
    await clock.advance(0);
    await clock.advance(2 * TIMINGS.sweepMs);
    expect(others.map(({ counts }) => counts.sweeps >= 2 && counts.polls > 2)).toEqual([true, true, true]);
    expect(hanging.counts.polls).toBeGreaterThan(2);
    never.reject(new Error('ended'));
    await housekeeping.stop();
  });

  it('are listed and woken one by one', async () => {
    const [one, two] = [accountOf('team/one', OURS, taken), accountOf('team/two', OURS, taken)];
    const { clock, housekeeping } = running([one.parts, two.parts]);
    await clock.advance(1_000);
    const before = { ...two.counts };
    const listed = one.counts.lists;
    housekeeping.scheduleInventory('team/one', 0);
    await clock.advance(500);
    expect(one.counts.lists).toBe(listed + 1);
    housekeeping.wake('team/one');
    await clock.advance(500);
    expect(one.counts.lists).toBe(listed + 2);
    expect({ ...two.counts, checks: 0 }).toEqual({ ...before, checks: 0 });
    await housekeeping.stop();
  });
});

describe('an account that is opened while the others run', () => {
  it('has its own tasks, until it is closed', async () => {
    const { clock, housekeeping } = bench(() => taken());
    const { counts, parts } = accountOf('team-a', OURS, () => taken());
    housekeeping.add(parts);
    await clock.advance(0);
    expect(counts).toMatchObject({ sweeps: 1 });
    expect(counts.polls).toBeGreaterThan(0);
    housekeeping.remove('team-a');
    const before = { ...counts };
    await clock.advance(10 * TIMINGS.sweepMs);
    expect(counts).toEqual(before);
  });

  it('is not listed while another key of its user lists', async () => {
    const { clock, housekeeping } = bench(() => taken());
    let isLister = false;
    const { counts, parts } = accountOf('team-a', OURS, () => taken());
    housekeeping.add({ ...parts, isLister: () => isLister });
    await clock.advance(5 * TIMINGS.sweepMs);
    expect(counts).toMatchObject({ lists: 0, sweeps: 0 });
    isLister = true;
    await clock.advance(2 * TIMINGS.sweepMs);
    expect(counts.sweeps).toBeGreaterThan(0);
  });
});

describe('the search for unused SSH keys', () => {
  it('costs nothing where no key was ever registered', async () => {
    const { clock, counts, housekeeping } = bench(() => taken());
    housekeeping.sweepSshKeys();
    await clock.advance(10 * TIMINGS.sweepMs);
    expect(counts.keySweeps).toBe(0);
    await housekeeping.stop();
  });

  it('runs once after the start, again where something is left to do, when asked, and every hour', async () => {
    const { clock, counts, housekeeping, keyUse } = bench(() => taken());
    keyUse.mayHaveKeys = true;
    await clock.advance(TIMINGS.quietPollMs);
    expect(counts.keySweeps).toBe(1);
    await clock.advance(20 * TIMINGS.sweepMs);
    expect(counts.keySweeps).toBe(3);
    housekeeping.sweepSshKeys();
    housekeeping.sweepSshKeys();
    await clock.advance(TIMINGS.sweepMs);
    expect(counts.keySweeps).toBe(4);
    await housekeeping.stop();
  });

  it('begins within an hour after the first key was registered', async () => {
    const { clock, counts, housekeeping, keyUse } = bench(() => taken());
    await clock.advance(TIMINGS.sweepMs);
    keyUse.mayHaveKeys = true;
    await clock.advance(3_600_000);
    expect(counts.keySweeps).toBeGreaterThan(0);
    await housekeeping.stop();
  });

  it('waits for an account that is known', async () => {
    const { clock, account, counts, housekeeping, keyUse } = bench(() => taken(), { kind: 'unknown' });
    keyUse.mayHaveKeys = true;
    await clock.advance(TIMINGS.sweepMs);
    expect(counts.keySweeps).toBe(0);
    account.state = OURS;
    await clock.advance(TIMINGS.sweepMs);
    expect(counts.keySweeps).toBe(1);
    await housekeeping.stop();
  });
});
