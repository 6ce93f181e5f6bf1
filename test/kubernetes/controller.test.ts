import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Reconciled } from '../../src/kubernetes/controller.ts';
import { ControlledWork } from './support/controlled-work.ts';
import { ControllerBench, DONE, ownerKey, ownKey } from './support/controller-bench.ts';
import { turn } from './support/until.ts';

let bench: ControllerBench;

beforeEach(() => {
  bench = new ControllerBench();
});

afterEach(async () => {
  await bench.close();
});

describe('events', () => {
  it('enqueue nothing before the start, which reconciles each existing object once', async () => {
    bench.boxes.put('a');
    bench.boxes.put('a', { size: 2 });
    bench.boxes.put('b');
    bench.boxes.put('gone');
    bench.boxes.remove('gone');
    const controller = bench.controller();
    await turn();
    expect(bench.reconciled).toEqual([]);

    controller.start();
    await turn();

    expect(bench.reconciled).toEqual(['default/a', 'default/b']);
  });

  it.each([
    { what: 'made', act: () => bench.boxes.put('b') },
    { what: 'changed', act: () => bench.boxes.put('a', { size: 2 }) },
    { what: 'deleted', act: () => bench.boxes.remove('a') },
  ])('enqueue a reconcile when an object is $what', async ({ act, what }) => {
    bench.boxes.put('a');
    bench.controller().start();
    await turn();
    bench.reconciled.length = 0;

    act();
    await turn();

    expect(bench.reconciled).toEqual([what === 'made' ? 'default/b' : 'default/a']);
  });

  it('of one kind enqueue reconciles of another, including the object that was named before', async () => {
    bench.owners.put('ann');
    bench.owners.put('bob');
    const ofOwners = bench.controller({
      name: 'owner',
      watches: [
        { source: bench.owners.source, toKeys: ownKey },
        { source: bench.boxes.source, toKeys: ownerKey },
      ],
    });
    ofOwners.start();
    await turn();
    bench.reconciled.length = 0;

    bench.boxes.put('a', { owner: 'ann' });
    await turn();
    expect(bench.reconciled).toEqual(['default/ann']);
    bench.boxes.put('a', { owner: 'bob' });
    await turn();
    expect(bench.reconciled).toEqual(['default/ann', 'default/ann', 'default/bob']);
    bench.boxes.put('a');
    bench.boxes.remove('a');
    await turn();
    expect(bench.reconciled).toEqual(['default/ann', 'default/ann', 'default/bob', 'default/bob']);
  });

  it('reach every controller of the source, even when one fails to map them to keys', async () => {
    const broken = bench.controller({
      name: 'broken',
      watches: [
        {
          source: bench.boxes.source,
          toKeys: () => {
            throw new Error('bug');
          },
        },
      ],
    });
    const whole = bench.controller();
    broken.start();
    whole.start();

    bench.boxes.put('a');
    await turn();

    expect(bench.reconciled).toEqual(['default/a']);
    expect(bench.boxes.log.lines).toMatchObject([
      { level: 'error', fields: { resource: 'boxes.example.dev/v1', name: 'a', error: 'bug' } },
    ]);
  });

  it('enqueue nothing after the stop', async () => {
    const controller = bench.controller();
    controller.start();
    await controller.stop();

    bench.boxes.put('a');
    controller.enqueue('default/b');
    await turn();

    expect(bench.reconciled).toEqual([]);
  });
});

describe('a key', () => {
  it('that changes while it is reconciled is reconciled again, and never twice at once', async () => {
    const work = new ControlledWork();
    bench
      .controller({
        reconcile: async (key) => {
          await work.worker(key);
          return DONE;
        },
      })
      .start();

    bench.boxes.put('a');
    bench.boxes.put('a', { size: 2 });
    bench.boxes.put('a', { size: 3 });
    await turn();
    expect(work.started).toEqual(['default/a']);
    await work.end('default/a');
    expect(work.started).toEqual(['default/a', 'default/a']);
    await work.end('default/a');

    expect(work.started).toHaveLength(2);
  });

  describe('whose object changes while it is reconciled', () => {
    const seenVersion = '2';

    it.each<{
      reason: string;
      changes: () => void;
      result: Reconciled;
      isAgain: boolean;
      isOfReconciled?: boolean;
    }>([
      {
        reason: 'the change is the write of the reconcile itself, which the watch showed first',
        changes: () => bench.boxes.put('a', { size: 2 }),
        result: { kind: 'done', seenVersion },
        isAgain: false,
      },
      {
        reason: 'somebody else wrote after it',
        changes: () => {
          bench.boxes.put('a', { size: 2 });
          bench.boxes.put('a', { size: 3 });
        },
        result: { kind: 'done', seenVersion },
        isAgain: true,
      },
      {
        reason: 'the result does not say what it saw',
        changes: () => bench.boxes.put('a', { size: 2 }),
        result: DONE,
        isAgain: true,
      },
      {
        reason: 'the object was deleted',
        changes: () => {
          bench.boxes.put('a', { size: 2 });
          bench.boxes.remove('a');
        },
        result: { kind: 'done', seenVersion },
        isAgain: true,
      },
      {
        reason: 'its events are those of another object',
        changes: () => bench.boxes.put('a', { size: 2 }),
        result: { kind: 'done', seenVersion },
        isOfReconciled: false,
        isAgain: true,
      },
    ])('is reconciled again: $isAgain, because $reason', async (each) => {
      const { changes, result, isAgain, isOfReconciled = true } = each;
      const work = new ControlledWork();
      const watches = [{ source: bench.boxes.source, toKeys: ownKey, isOfReconciled }];
      bench
        .controller({
          watches,
          reconcile: async (key) => {
            await work.worker(key);
            return result;
          },
        })
        .start();
      bench.boxes.put('a');
      await turn();

      changes();
      await turn();
      await work.end('default/a');

      expect(work.started).toHaveLength(isAgain ? 2 : 1);
      if (isAgain) await work.end('default/a');
    });

    it('is reconciled again if the reconcile fails', async () => {
      const work = new ControlledWork();
      const watches = [{ source: bench.boxes.source, toKeys: ownKey, isOfReconciled: true }];
      bench
        .controller({
          watches,
          reconcile: async (key) => {
            await work.worker(key);
            throw new Error('no answer');
          },
        })
        .start();
      bench.boxes.put('a');
      await turn();

      bench.boxes.put('a', { size: 2 });
      await turn();
      await work.end('default/a');

      expect(work.started).toHaveLength(2);
      await work.end('default/a');
    });
  });

  it('in the urgent lane is reconciled while all other workers are busy', async () => {
    const work = new ControlledWork();
    bench
      .controller({
        reconcile: async (key) => {
          await work.worker(key);
          return DONE;
        },
        workers: { concurrency: 1, urgentConcurrency: 1 },
        laneOf: (key) => (key === 'default/urgent' ? 'urgent' : 'normal'),
      })
      .start();

    for (const name of ['a', 'b', 'urgent']) {
      bench.boxes.put(name);
    }
    await turn();

    expect(work.started).toEqual(['default/a', 'default/urgent']);
    await work.endAll();
    await work.endAll();
  });
});

describe('stopping', () => {
  it('waits for running reconciles, and starts no other', async () => {
    const work = new ControlledWork();
    const controller = bench.controller({
      workers: { concurrency: 1 },
      reconcile: async (key) => {
        await work.worker(key);
        return { kind: 'done', requeueAfterMs: 1 };
      },
    });
    controller.start();
    for (const name of ['a', 'b']) {
      bench.boxes.put(name);
    }
    let isStopped = false;
    const stopped = controller.stop().then(() => {
      isStopped = true;
    });
    bench.boxes.put('c');
    await bench.clock.advance(60_000);
    expect(isStopped).toBe(false);

    await work.end('default/a');
    await stopped;

    expect(work.started).toEqual(['default/a']);
  });
});
