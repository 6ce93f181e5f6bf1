import { describe, expect, it } from '@jest/globals';
import type { Failure } from '../../../src/lifecycle/provider.ts';
import { turn } from '../../kubernetes/support/until.ts';
import { failure } from '../../support/builders/snapshots.ts';
import { GAP_MS, InventoryBench } from '../support/inventory-bench.ts';
import { nameless, QUIET_MS, scope } from '../support/lists.ts';

const DOWN = failure();
const REFUSED = failure({ reason: 'Unauthorized' });

describe('a failed list', () => {
  it.each<{ name: string; steps: readonly (readonly [afterMs: number, Failure, readonly string[]])[] }>([
    {
      name: 'is no news while it is short',
      steps: [
        [0, DOWN, []],
        [QUIET_MS - 1, DOWN, []],
      ],
    },
    {
      name: 'notifies the waiting GpuPod once when it lasts',
      steps: [
        [0, DOWN, []],
        [QUIET_MS, DOWN, ['ns/a']],
        [QUIET_MS, DOWN, []],
      ],
    },
    { name: 'notifies at once when the key is refused', steps: [[0, REFUSED, ['ns/a']]] },
    {
      name: 'notifies again when the reason changes',
      steps: [
        [0, REFUSED, ['ns/a']],
        [QUIET_MS, DOWN, ['ns/a']],
      ],
    },
  ])('$name', async ({ steps }) => {
    const bench = new InventoryBench();
    bench.want('ns/a');
    for (const [afterMs, failed, notified] of steps) {
      bench.answers.set(undefined, failed);
      expect(await bench.takeAfter(afterMs)).toEqual(notified);
    }
    bench.show(undefined, []);
    expect(await bench.takeAfter(QUIET_MS)).toEqual(['ns/a']);
  });

  it('is one whose key changed meanwhile, because it may show another account', async () => {
    const bench = new InventoryBench();
    bench.show(undefined, ['p-1']);
    bench.isTrusted = false;
    bench.want('ns/a');
    expect(await bench.inventory.take()).toMatchObject({ kind: 'failure', reason: 'UnexpectedResponse' });
    expect(bench.events).toEqual([]);
    expect(bench.inventory.view(scope())?.live).toEqual([]);
  });
});

describe('the report of a list', () => {
  it('names the failure of each wallet, and the instances without a name', async () => {
    const bench = new InventoryBench(['t-1']);
    bench.answers.set(undefined, [nameless('p-1')]).set('t-1', DOWN);
    await bench.takeAfter();
    expect(bench.reports).toEqual([
      { wallet: undefined, nameless: ['p-1'], unidentified: 0 },
      { wallet: 't-1', nameless: [], unidentified: 0, failure: DOWN },
    ]);
  });

  it('names each wallet when no list is complete', async () => {
    const bench = new InventoryBench(['t-1']);
    bench.answers.set(undefined, DOWN).set('t-1', DOWN);
    await bench.takeAfter();
    expect(bench.reports.map(({ wallet, failure: failed }) => [wallet, failed])).toEqual([
      [undefined, DOWN],
      ['t-1', DOWN],
    ]);
  });

  it('passes on the name that a GET found after the list before', async () => {
    const bench = new InventoryBench();
    bench.answers.set(undefined, [nameless('p-1')]);
    bench.get = { kind: 'ok', value: { ...nameless('p-1'), name: 'found' } };
    await bench.takeAfter();
    await bench.takeAfter(GAP_MS);
    expect(bench.events).toEqual(['list own p-1=?', 'list own p-1=found']);
  });
});

describe('a wallet that fails', () => {
  it('is listed alone at its own time, and the others without it', async () => {
    const bench = new InventoryBench(['t-1']);
    bench.answers.set('t-1', DOWN);
    await bench.takeAfter();
    await bench.takeAfter(500);
    await bench.takeAfter(500);
    expect(bench.lists).toEqual(['own:0 t-1:0', 'own:0', 't-1:0', 'own:0']);
  });

  it('does not delay the others while its list hangs, and is not listed twice at once', async () => {
    const bench = new InventoryBench(['t-1']);
    bench.answers.set('t-1', DOWN);
    await bench.takeAfter();
    const answer = Promise.withResolvers<undefined>();
    bench.hanging.set('t-1', answer.promise);
    bench.show('t-1', []);
    bench.want('ns/own', { wallets: [undefined] });
    bench.want('ns/team', { wallets: ['t-1'] });
    expect(await bench.takeAfter(GAP_MS)).toEqual(['ns/own']);
    await bench.takeAfter(GAP_MS);
    expect(bench.lists.filter((wallets) => wallets.startsWith('t-1'))).toHaveLength(1);
    answer.resolve(undefined);
    await turn();
    expect(bench.events.at(-1)).toBe('ns/team');
  });

  it('is listed with the others again after a complete list', async () => {
    const bench = new InventoryBench(['t-1']);
    bench.answers.set('t-1', DOWN);
    await bench.takeAfter();
    bench.show('t-1', []);
    await bench.takeAfter(GAP_MS);
    await bench.takeAfter(GAP_MS);
    expect(bench.lists.at(-1)).toBe('own:0 t-1:0');
  });

  it('is not hurried by a GpuPod that waits for it', async () => {
    const bench = new InventoryBench(['t-1']);
    bench.answers.set('t-1', failure({ retryAfterMs: 20_000 }));
    await bench.takeAfter();
    bench.want('ns/team', { wallets: ['t-1'] });
    expect(bench.scheduled).toEqual([20_000]);
    bench.want('ns/own', { wallets: [undefined] });
    expect(bench.scheduled.at(-1)).toBe(1.02 * GAP_MS);
  });

  it('does not cause a list when the operator does not list it', () => {
    const bench = new InventoryBench(['t-1']);
    bench.want('ns/a', { wallets: ['t-9'] });
    expect(bench.scheduled).toEqual([]);
  });
});
