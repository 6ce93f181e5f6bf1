import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Lane } from '../../../src/kubernetes/queue/work-queue-options.ts';
import { turn } from '../support/until.ts';
import { QueueBench } from '../support/queue-bench.ts';

let bench: QueueBench;

beforeEach(() => {
  bench = new QueueBench();
});

afterEach(async () => {
  await bench.close();
});

describe('a called key', () => {
  const lanes = new Map<string, Lane>();

  beforeEach(() => {
    lanes.clear();
    bench = new QueueBench({ laneOf: (key) => lanes.get(key) ?? 'normal' });
    bench.run({ concurrency: 1, urgentConcurrency: 1 });
  });

  it('comes before normal ones that waited longer, and takes no urgent worker', async () => {
    for (const key of ['a', 'b', 'c']) bench.queue.add(key);
    lanes.set('c', 'called');
    bench.queue.add('c');
    await turn();
    expect(bench.work.started).toEqual(['a']);

    await bench.work.end('a');
    expect(bench.work.started).toEqual(['a', 'c']);
    await bench.work.end('c');
    expect(bench.work.started).toEqual(['a', 'c', 'b']);
    expect(bench.queue.depth).toBe(0);
  });

  it('comes after an urgent one', async () => {
    for (const key of ['a', 'b']) lanes.set(key, 'urgent');
    lanes.set('c', 'called');
    bench.queue.add('x');
    for (const key of ['c', 'a', 'b']) bench.queue.add(key);
    await turn();
    expect(bench.work.started).toEqual(['x', 'a']);

    await bench.work.end('x');
    expect(bench.work.started).toEqual(['x', 'a', 'b']);
    await bench.work.endAll();
    await bench.work.endAll();
  });
});

describe('an urgent key', () => {
  const urgent = new Set<string>();

  beforeEach(() => {
    urgent.clear();
    bench = new QueueBench({ laneOf: (key) => (urgent.has(key) ? 'urgent' : 'normal') });
    bench.run({ concurrency: 1, urgentConcurrency: 1 });
  });

  it('has a worker of its own, so that hanging workers do not delay it', async () => {
    urgent.add('u');
    for (const key of ['a', 'b', 'u']) bench.queue.add(key);
    await turn();

    expect(bench.work.started).toEqual(['a', 'u']);
  });

  it('leaves the normal queue when it is added again as urgent', async () => {
    for (const key of ['a', 'b', 'c']) bench.queue.add(key);
    urgent.add('c');
    bench.queue.add('c');
    await turn();
    expect(bench.work.started).toEqual(['a', 'c']);

    await bench.work.endAll();
    expect(bench.work.started).toEqual(['a', 'c', 'b']);
  });

  it('takes a normal worker when the urgent workers are busy, while normal keys never take an urgent worker', async () => {
    for (const key of ['u', 'v', 'w']) urgent.add(key);
    for (const key of ['u', 'v', 'w', 'a', 'b']) bench.queue.add(key);
    await turn();
    expect(bench.work.started).toEqual(['u', 'v']);

    await bench.work.end('u');
    expect(bench.work.started).toEqual(['u', 'v', 'w']);
    await bench.work.end('v');
    expect(bench.work.started).toEqual(['u', 'v', 'w', 'a']);
    await bench.work.end('w');
    expect(bench.work.started).toEqual(['u', 'v', 'w', 'a']);
  });
});
