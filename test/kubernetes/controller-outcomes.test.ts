import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ControllerBench, DONE } from './support/controller-bench.ts';
import { turn } from './support/until.ts';

let bench: ControllerBench;

beforeEach(() => {
  bench = new ControllerBench();
});

afterEach(async () => {
  await bench.close();
});

describe('the outcome of a reconcile', () => {
  it.each([
    { says: 'done', jitter: undefined, outcome: DONE, wakesMs: [] },
    {
      says: 'a requeue, with a tenth of jitter',
      jitter: undefined,
      outcome: { kind: 'done', requeueAfterMs: 1_000 } as const,
      wakesMs: [1_100],
    },
    {
      says: 'a requeue that must not be late',
      jitter: undefined,
      outcome: { kind: 'done', requeueAfterMs: 1_000, atLatestMs: 1_050 } as const,
      wakesMs: [1_050],
    },
    {
      says: 'a requeue without jitter',
      jitter: 0,
      outcome: { kind: 'done', requeueAfterMs: 1_000 } as const,
      wakesMs: [1_000],
    },
    { says: 'a retry', jitter: undefined, outcome: { kind: 'retry' } as const, wakesMs: [500] },
    { says: 'an error', jitter: undefined, outcome: new Error('down'), wakesMs: [500] },
  ])('decides when the key runs again: $says', async ({ jitter, outcome, wakesMs }) => {
    bench.controller({ ...bench.returning(outcome), ...(jitter === undefined ? {} : { jitter }) }).start();
    bench.boxes.put('a');
    await turn();

    expect(bench.clock.wakeTimesMs()).toEqual(wakesMs);
    await bench.clock.advance(2_000);
    expect(bench.reconciled).toHaveLength(1 + wakesMs.length);
  });

  it('doubles the pauses while the reconcile fails, and resets them after a success', async () => {
    const failure = new Error('down');
    const retry = { kind: 'retry' } as const;
    const seen: number[] = [];
    const { reconcile } = bench.returning(failure, retry, failure, DONE, failure);
    const controller = bench.controller({
      reconcile: async (key, failures) => {
        seen.push(failures);
        return await reconcile(key, failures);
      },
    });
    controller.start();
    controller.enqueue('default/a');
    await turn();
    const pauses: number[] = [];
    for (let round = 0; round < 3; round += 1) {
      const [pauseMs = 0] = bench.clock.wakeTimesMs();
      pauses.push(pauseMs);
      await bench.clock.advance(pauseMs);
    }
    controller.enqueue('default/a');
    await turn();

    expect(pauses).toEqual([500, 1_000, 2_000]);
    expect(bench.clock.wakeTimesMs()).toEqual([500]);
    expect(seen).toEqual([0, 1, 2, 3, 0]);
  });

  it('is retried within the time that the controller sets for the error', async () => {
    const refused = new Error('refused');
    const errors: unknown[] = [];
    bench
      .controller({
        ...bench.returning(refused, { kind: 'retry' }),
        backOff: { baseMs: 60_000, maxMs: 300_000 },
        retryWithinMs: (error) => {
          errors.push(error);
          return error === refused ? undefined : 2_000;
        },
      })
      .start();
    bench.boxes.put('a');
    await turn();
    const [firstMs = 0] = bench.clock.wakeTimesMs();
    await bench.clock.advance(firstMs);

    expect(firstMs).toBe(60_000);
    expect(bench.clock.wakeTimesMs()).toEqual([2_000]);
    expect(errors).toEqual([refused, undefined]);
  });

  it('is logged with its object when it is an error', async () => {
    const failure = new Error('down');
    bench.controller(bench.returning(failure)).start();
    bench.boxes.put('a');
    await turn();

    expect(bench.log.lines).toEqual([
      {
        level: 'error',
        fields: { controller: 'box', namespace: 'default', name: 'a', err: failure },
        message: 'reconcile failed',
      },
    ]);
  });

  it.each([
    { outcome: DONE, result: 'success' },
    { outcome: { kind: 'done', requeueAfterMs: 0 } as const, result: 'requeue_after' },
    { outcome: { kind: 'retry' } as const, result: 'requeue' },
    { outcome: new Error('down'), result: 'error' },
  ])('is counted as $result, with its duration', async ({ outcome, result }) => {
    const counted: unknown[] = [];
    const { reconcile } = bench.returning(outcome);
    bench
      .controller({
        reconcile: async (key, failures) => {
          bench.clock.jump(250);
          return await reconcile(key, failures);
        },
        observer: { onReconciled: (...args) => counted.push(args) },
      })
      .start();
    bench.boxes.put('a');
    await turn();

    expect(counted[0]).toEqual([result, 0.25, 'default/a']);
  });
});
