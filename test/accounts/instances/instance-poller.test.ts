import { describe, expect, it } from '@jest/globals';
import type { InstanceSnapshot } from '../../../src/lifecycle/provider.ts';
import { InstancePoller } from '../../../src/accounts/instances/instance-poller.ts';
import { ProviderHealth } from '../../../src/accounts/holds/provider-health.ts';
import { VanishedInstances } from '../../../src/accounts/instances/vanished-instances.ts';
import { createVirtualClock } from '../../prime/virtual-clock.ts';
import { aReadySnapshot } from '../../support/builders/snapshots.ts';

const LISTED = aReadySnapshot({ podId: 'p1', priceUsdPerHour: 1.9 });
const { priceUsdPerHour: _price, ...POLLED } = LISTED;

const TIMINGS = { busyPollMs: 5_000, quietPollMs: 60_000, quietFailureMs: 60_000, settleSpacingMs: 30_000 };

/** A poll that began while a list was being read, and whose answer came before that of the list. */
async function pollDuringList(polled: Partial<InstanceSnapshot>, listed: Partial<InstanceSnapshot>) {
  const clock = createVirtualClock();
  const snapshot: InstanceSnapshot = { ...POLLED, ...polled };
  const poller = new InstancePoller({
    provider: {
      getPodStatuses: async () =>
        await Promise.resolve({ kind: 'ok', value: { snapshots: [snapshot], failed: new Map() } }),
    },
    clock,
    timings: TIMINGS,
    health: new ProviderHealth(clock, 60_000, () => undefined),
    vanished: new VanishedInstances(clock, 600_000),
    onChange: () => undefined,
  });
  poller.follow('ns/a', 'p1', { often: true, isTerminating: false, wasReady: false, wallets: 'all' });
  await clock.advance(1_000);
  const listBeganAtMs = clock.monotonicMs();
  await clock.advance(100);
  await poller.poll();
  poller.record({ ...LISTED, ...listed }, listBeganAtMs);
  return { poller, listBeganAtMs, lastSeen: poller.lastSeen('p1') };
}

describe('an instance that changes often', () => {
  it('is polled again once its GpuPod knows what the last poll showed, or with the next quiet poll', async () => {
    const clock = createVirtualClock();
    const polls: (readonly string[])[] = [];
    const changed: string[] = [];
    const poller = new InstancePoller({
      provider: {
        getPodStatuses: async (podIds) => {
          polls.push(podIds);
          const snapshots = podIds.map((podId) => aReadySnapshot({ podId }));
          return await Promise.resolve({ kind: 'ok', value: { snapshots, failed: new Map() } });
        },
      },
      clock,
      timings: TIMINGS,
      health: new ProviderHealth(clock, 60_000, () => undefined),
      vanished: new VanishedInstances(clock, 600_000),
      onChange: (key) => changed.push(key),
    });
    const follow = (key: string, podId: string): void => {
      poller.follow(key, podId, { often: true, isTerminating: false, wasReady: false, wallets: 'all' });
    };
    follow('ns/a', 'p1');
    follow('ns/b', 'p2');
    await poller.poll();
    expect(changed).toEqual(['ns/a', 'ns/b']);
    follow('ns/a', 'p1');
    await clock.advance(5_000);
    await poller.poll();
    await clock.advance(55_000);
    await poller.poll();
    expect(polls).toEqual([['p1', 'p2'], ['p1'], ['p1', 'p2']]);
  });
});

describe('a price that one list states far above the last one', () => {
  it.each([
    {
      name: 'counts at once before the instance was ready, even if it is polled seldom',
      wasReady: false,
      counted: 5,
    },
    { name: 'does not count yet once it was', wasReady: true, counted: 1.9 },
  ])('$name', async ({ wasReady, counted }) => {
    const clock = createVirtualClock();
    const poller = new InstancePoller({
      provider: {
        getPodStatuses: async () =>
          await Promise.resolve({ kind: 'ok', value: { snapshots: [], failed: new Map() } }),
      },
      clock,
      timings: TIMINGS,
      health: new ProviderHealth(clock, 60_000, () => undefined),
      vanished: new VanishedInstances(clock, 600_000),
      onChange: () => undefined,
    });
    poller.follow('ns/a', 'p1', { often: false, isTerminating: false, wasReady, wallets: 'all' });
    poller.record(LISTED, clock.monotonicMs());
    await clock.advance(60_000);
    poller.record({ ...LISTED, priceUsdPerHour: 5 }, clock.monotonicMs());
    expect(poller.lastSeen('p1')?.snapshot.priceUsdPerHour).toBe(counted);
  });
});

describe('a list that began before the last poll', () => {
  it('adds the details that the poll lacks when both show the same state', async () => {
    const { lastSeen, listBeganAtMs } = await pollDuringList({}, {});
    expect(lastSeen).toMatchObject({
      beganAtMs: listBeganAtMs + 100,
      detailsAtMs: listBeganAtMs,
      snapshot: { status: 'ACTIVE', priceUsdPerHour: 1.9 },
    });
  });

  it('does not overwrite what the poll shows', async () => {
    const { lastSeen } = await pollDuringList({ name: 'new' }, { name: 'old' });
    expect(lastSeen?.snapshot.name).toBe('new');
  });

  it('is ignored when it shows another state', async () => {
    const { lastSeen } = await pollDuringList({}, { status: 'PROVISIONING' });
    expect(lastSeen?.detailsAtMs).toBeUndefined();
    expect(lastSeen?.snapshot).toMatchObject({ status: 'ACTIVE' });
    expect(lastSeen?.snapshot.priceUsdPerHour).toBeUndefined();
  });

  it('does not overwrite a list that began later', async () => {
    const { poller, listBeganAtMs } = await pollDuringList({}, {});
    poller.record({ ...LISTED, priceUsdPerHour: 1 }, listBeganAtMs - 500);
    expect(poller.lastSeen('p1')).toMatchObject({ detailsAtMs: listBeganAtMs });
    expect(poller.lastSeen('p1')?.snapshot.priceUsdPerHour).toBe(1.9);
  });
});
