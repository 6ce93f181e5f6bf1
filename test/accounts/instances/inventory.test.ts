import { describe, expect, it } from '@jest/globals';
import type { Failure } from '../../../src/lifecycle/provider.ts';
import type { Waiting } from '../../../src/accounts/instances/inventory.ts';
import { failure } from '../../support/builders/snapshots.ts';
import { GAP_MS, InventoryBench, START_MS } from '../support/inventory-bench.ts';

const DOWN = failure();
const MOVED = failure({ reason: 'UnexpectedResponse', isUnstable: true });

describe('a GpuPod that waits for a list', () => {
  it('is notified by the first list that began after what it waits for', async () => {
    const bench = new InventoryBench();
    bench.want('ns/a', { afterMs: START_MS + 500 });
    expect(await bench.takeAfter(499)).toEqual([]);
    expect(await bench.takeAfter(1)).toEqual(['ns/a']);
    expect(await bench.takeAfter(GAP_MS)).toEqual([]);
  });

  it('is not notified by a list that ends after what it waits for, but began before', async () => {
    const bench = new InventoryBench();
    const answer = Promise.withResolvers<undefined>();
    bench.hanging.set(undefined, answer.promise);
    const taken = bench.inventory.take();
    await bench.clock.advance(500);
    bench.want('ns/a');
    answer.resolve(undefined);
    await taken;
    expect(bench.events).toEqual(['list own']);
    expect(await bench.takeAfter(500)).toEqual(['ns/a']);
  });

  it('is notified after the list was passed on', async () => {
    const bench = new InventoryBench();
    bench.show(undefined, ['p-1']);
    bench.want('ns/a');
    await bench.takeAfter();
    expect(bench.events).toEqual([expect.stringMatching(/^list own p-1=/), 'ns/a']);
  });

  it('is not notified after it was forgotten, and nothing is listed for it', async () => {
    const bench = new InventoryBench();
    bench.want('ns/a', { afterMs: START_MS + 500 });
    bench.inventory.forget('ns/a');
    const before = bench.scheduled.length;
    expect(await bench.takeAfter(500)).toEqual([]);
    expect(bench.scheduled).toHaveLength(before);
  });

  it.each<{ name: string; waiting: Partial<Waiting>; notified: readonly string[] }>([
    { name: 'all wallets', waiting: {}, notified: [] },
    { name: 'the failing wallet', waiting: { wallets: ['t-1'] }, notified: [] },
    { name: 'the other wallet', waiting: { wallets: [undefined] }, notified: ['ns/a'] },
  ])('waits on while a wallet fails if it waits for it: $name', async ({ waiting, notified }) => {
    const bench = new InventoryBench(['t-1']);
    bench.answers.set('t-1', DOWN);
    bench.want('ns/a', waiting);
    expect(await bench.takeAfter()).toEqual(notified);
  });
});

describe('the next list', () => {
  it.each<{ name: string; waiting: number; instances: number; inMs: number }>([
    { name: 'keeps the shortest gap for one GpuPod', waiting: 1, instances: 0, inMs: 1.01 * GAP_MS },
    { name: 'waits twice as long for a crowd', waiting: 150, instances: 0, inMs: 2 * GAP_MS },
    { name: 'leaves room after a list of many pages', waiting: 1, instances: 250, inMs: 1.01 * GAP_MS + 300 },
  ])('$name', async ({ waiting, instances, inMs }) => {
    const bench = new InventoryBench();
    bench.show(
      undefined,
      Array.from({ length: instances }, (_, index) => `p-${index}`),
    );
    await bench.takeAfter();
    for (let index = 0; index < waiting; index += 1) bench.want(`ns/${index}`);
    expect(bench.scheduled.at(-1)).toBe(inMs);
  });

  it.each([
    { name: 'begins at once when there was none before', afterMs: START_MS, inMs: 0 },
    { name: 'begins at once when its time has passed', afterMs: 0, inMs: 0 },
    { name: 'waits until it can show what a GpuPod waits for', afterMs: START_MS + 7_000, inMs: 7_000 },
  ])('$name', ({ afterMs, inMs }) => {
    const bench = new InventoryBench();
    bench.want('ns/a', { afterMs });
    expect(bench.scheduled).toEqual([inMs]);
  });

  it('is not requested after a list that shows everything', async () => {
    const bench = new InventoryBench();
    bench.want('ns/a');
    await bench.takeAfter();
    expect(bench.scheduled).toEqual([0]);
  });

  it.each<{ name: string; failure: Failure; inMs: readonly number[] }>([
    { name: 'is left to the caller after a failed list, who backs off', failure: DOWN, inMs: [] },
    { name: 'follows soon after a list that only changed too much', failure: MOVED, inMs: [1_010] },
  ])('$name', async ({ failure: failed, inMs }) => {
    const bench = new InventoryBench();
    bench.answers.set(undefined, failed);
    bench.want('ns/a');
    bench.scheduled.length = 0;
    await bench.takeAfter();
    expect(bench.scheduled).toEqual(inMs);
  });
});

describe('what is due', () => {
  it.each<{ name: string; run: (bench: InventoryBench) => Promise<void>; inMs: number | undefined }>([
    {
      name: 'nothing, because a sweep brought the list that the GpuPod waited for',
      run: async (bench) => {
        bench.want('ns/a');
        await bench.inventory.take();
      },
      inMs: undefined,
    },
    {
      name: 'a list after the gap, because the GpuPod waits for one that began later',
      run: async (bench) => {
        await bench.inventory.take();
        bench.want('ns/a', { afterMs: START_MS + 500 });
      },
      inMs: 1.01 * GAP_MS,
    },
    {
      name: 'a retry, because a failed list is repeated until it succeeds',
      run: async (bench) => {
        bench.answers.set(undefined, DOWN);
        await bench.inventory.take();
      },
      inMs: 0,
    },
  ])('is $name', async ({ run, inMs }) => {
    const bench = new InventoryBench();
    await run(bench);
    expect(bench.inventory.dueInMs()).toBe(inMs);
  });

  it('is due as soon as the gap is over if a team joined that was never listed', async () => {
    const teams: string[] = [];
    const bench = new InventoryBench(teams);
    await bench.inventory.take();
    expect(bench.inventory.dueInMs()).toBeUndefined();
    teams.push('team-x');
    expect(bench.inventory.dueInMs()).toBe(GAP_MS);
    await bench.inventory.take();
    expect(bench.inventory.dueInMs()).toBeUndefined();
  });

  it('is decided after the list that is under way', async () => {
    const bench = new InventoryBench();
    const answer = Promise.withResolvers<undefined>();
    bench.hanging.set(undefined, answer.promise);
    const taken = bench.inventory.take();
    bench.want('ns/a', { afterMs: 0 });
    expect(bench.inventory.dueInMs()).toBe(GAP_MS);
    answer.resolve(undefined);
    await taken;
    expect(bench.inventory.dueInMs()).toBeUndefined();
  });
});

describe('a team that is no longer listed', () => {
  it('is forgotten with the next list, so that its former list proves nothing once it is back', async () => {
    const teams = ['team-x'];
    const bench = new InventoryBench(teams);
    const scope = { namePrefixes: new Set<string>(), podId: undefined, wallets: ['team-x'] };
    await bench.inventory.take();
    expect(bench.inventory.view(scope)?.beganAtMs).toBe(START_MS);
    teams.pop();
    await bench.inventory.take();
    expect(bench.inventory.view(scope)?.beganAtMs).toBe(-Infinity);
    expect(bench.reports.filter(({ isDropped }) => isDropped === true)).toMatchObject([{ wallet: 'team-x' }]);
  });
});
