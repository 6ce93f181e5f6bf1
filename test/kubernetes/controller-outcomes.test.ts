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

describe('what a reconcile returns', () => {
  it.each([
    { says: 'nothing more', jitter: undefined, outcome: DONE, wakesMs: [] },
    {
      says: 'later, with a tenth on top',
      jitter: undefined,
      outcome: { kind: 'done', requeueAfterMs: 1_000 } as const,
      wakesMs: [1_100],
    },
    {
      says: 'later, to the millisecond',
      jitter: 0,
      outcome: { kind: 'done', requeueAfterMs: 1_000 } as const,
      wakesMs: [1_000],
    },
    { says: 'try again', jitter: undefined, outcome: { kind: 'retry' } as const, wakesMs: [500] },
    { says: 'that it failed', jitter: undefined, outcome: new Error('down'), wakesMs: [500] },
  ])('says when it is the key’s turn again: $says', async ({ jitter, outcome, wakesMs }) => {
    bench.controller({ ...bench.returning(outcome), ...(jitter === undefined ? {} : { jitter }) }).start();
    bench.boxes.put('a');
    await turn();

    expect(bench.clock.wakeTimesMs()).toEqual(wakesMs);
    await bench.clock.advance(2_000);
    expect(bench.reconciled).toHaveLength(1 + wakesMs.length);
  });

  it('makes the pauses longer while it fails, and short again after a success', async () => {
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

  it('is retried within the time that its kind says for the error', async () => {
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

  it('is logged when it is an error, with the object that it was about', async () => {
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
  ])('is counted as $result, with its time', async ({ outcome, result }) => {
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
