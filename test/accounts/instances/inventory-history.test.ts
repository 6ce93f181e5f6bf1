import { describe, expect, it } from '@jest/globals';
import type { Waiting } from '../../../src/accounts/instances/inventory.ts';
import { failure, historyRow } from '../../support/builders/snapshots.ts';
import { GAP_MS, InventoryBench } from '../support/inventory-bench.ts';
import { scope } from '../support/lists.ts';

describe('the instances that may vanish while a list is read', () => {
  it.each<{ name: string; shown: readonly string[]; waiting: Partial<Waiting>; first: string; next: string }>(
    [
      {
        name: 'are those whose termination a GpuPod waits for',
        shown: ['p-1'],
        waiting: { terminating: 'p-1' },
        first: 'own:1 t-1:1',
        next: 'own:1 t-1:1',
      },
      {
        name: 'are only in the wallets of the GpuPod',
        shown: ['p-1'],
        waiting: { terminating: 'p-1', wallets: [undefined] },
        first: 'own:1 t-1:0',
        next: 'own:1 t-1:0',
      },
      {
        name: 'are not those that the last list lacked',
        shown: [],
        waiting: { terminating: 'p-1' },
        first: 'own:1 t-1:1',
        next: 'own:0 t-1:0',
      },
      {
        name: 'are none while no GpuPod waits for a termination',
        shown: ['p-1'],
        waiting: { live: 'p-1' },
        first: 'own:0 t-1:0',
        next: 'own:0 t-1:0',
      },
    ],
  )('$name', async ({ shown, waiting, first, next }) => {
    const bench = new InventoryBench(['t-1']);
    bench.show(undefined, shown);
    bench.want('ns/a', { ...waiting, afterMs: Infinity });
    await bench.takeAfter();
    await bench.takeAfter(GAP_MS);
    expect(bench.lists).toEqual([first, next]);
  });
});

describe('the history', () => {
  it.each<{
    name: string;
    waiting: readonly Partial<Waiting>[];
    read: readonly (readonly string[] | 'all')[];
  }>([
    { name: 'is read after a list that nobody waits for', waiting: [], read: ['all'] },
    { name: 'is read for a GpuPod that waits for any instance', waiting: [{}], read: ['all'] },
    {
      name: 'is read until it shows the terminated instances that the list lacks',
      waiting: [{ terminating: 'gone-1' }, { terminating: 'gone-2' }, { terminating: 'shown' }],
      read: [['gone-1', 'gone-2']],
    },
    {
      name: 'is not read for a termination while the list shows the instance',
      waiting: [{ terminating: 'shown' }],
      read: [],
    },
    {
      name: 'is not read for an end that it has shown before',
      waiting: [{ terminating: 'ended' }],
      read: [],
    },
    {
      name: 'is not read for a live instance, because that has not ended',
      waiting: [{ live: 'shown' }],
      read: [],
    },
    {
      name: 'is read for a live instance that the list lacks',
      waiting: [{ live: 'gone-1' }],
      read: ['all'],
    },
    {
      name: 'is read for one that waits for any instance beside a termination',
      waiting: [{ terminating: 'gone-1' }, {}],
      read: ['all'],
    },
  ])('$name', async ({ waiting, read }) => {
    const bench = new InventoryBench();
    bench.history = [historyRow({ podId: 'ended' })];
    await bench.takeAfter();
    bench.show(undefined, ['shown']);
    for (const [index, one] of waiting.entries()) bench.want(`ns/${index}`, one);
    bench.histories.length = 0;
    await bench.takeAfter(GAP_MS);
    expect(bench.histories).toEqual(read);
  });

  it('is not read after a failed list, which proves no end', async () => {
    const bench = new InventoryBench();
    bench.answers.set(undefined, failure());
    await bench.takeAfter();
    expect(bench.histories).toEqual([]);
  });

  it('shows the ended instances of a GpuPod', async () => {
    const bench = new InventoryBench();
    bench.history = [historyRow({ podId: 'ended' })];
    await bench.takeAfter();
    expect(bench.inventory.view(scope())?.ended.map(({ podId }) => podId)).toEqual(['ended']);
  });
});
