import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { WorkQueue } from '../../../src/kubernetes/queue/work-queue.ts';
import type { Lane, WorkQueueOptions } from '../../../src/kubernetes/queue/work-queue-options.ts';
import { ControlledWork } from '../support/controlled-work.ts';
import { RecordingLog } from '../support/recording-log.ts';
import { turn } from '../support/until.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

let clock: VirtualClock;
let log: RecordingLog;
let queue: WorkQueue;
let work: ControlledWork;

beforeEach(() => {
  clock = new VirtualClock();
  log = new RecordingLog();
  work = new ControlledWork();
  queue = newQueue();
});

afterEach(async () => {
  const stopped = queue.stop();
  await work.endAll();
  await stopped;
  expect(clock.sleepers).toBe(0);
});

function newQueue(options: Partial<WorkQueueOptions> = {}): WorkQueue {
  return new WorkQueue({ clock, log, random: () => 1, ...options });
}

describe('a called key', () => {
  const lanes = new Map<string, Lane>();

  beforeEach(() => {
    lanes.clear();
    queue = newQueue({ laneOf: (key) => lanes.get(key) ?? 'normal' });
    void queue.run(work.worker, { concurrency: 1, urgentConcurrency: 1 });
  });

  it('comes before normal ones that waited longer, and takes no urgent worker', async () => {
    for (const key of ['a', 'b', 'c']) queue.add(key);
    lanes.set('c', 'called');
    queue.add('c');
    await turn();
    expect(work.started).toEqual(['a']);

    await work.end('a');
    expect(work.started).toEqual(['a', 'c']);
    await work.end('c');
    expect(work.started).toEqual(['a', 'c', 'b']);
    expect(queue.depth).toBe(0);
  });

  it('comes after an urgent one', async () => {
    for (const key of ['a', 'b']) lanes.set(key, 'urgent');
    lanes.set('c', 'called');
    queue.add('x');
    for (const key of ['c', 'a', 'b']) queue.add(key);
    await turn();
    expect(work.started).toEqual(['x', 'a']);

    await work.end('x');
    expect(work.started).toEqual(['x', 'a', 'b']);
    await work.endAll();
    await work.endAll();
  });
});

describe('an urgent key', () => {
  const urgent = new Set<string>();

  beforeEach(() => {
    urgent.clear();
    queue = newQueue({ laneOf: (key) => (urgent.has(key) ? 'urgent' : 'normal') });
    void queue.run(work.worker, { concurrency: 1, urgentConcurrency: 1 });
  });

  it('has a worker of its own, so that hanging workers do not delay it', async () => {
    urgent.add('u');
    for (const key of ['a', 'b', 'u']) queue.add(key);
    await turn();

    expect(work.started).toEqual(['a', 'u']);
  });

  it('leaves the normal queue when it is added again as urgent', async () => {
    for (const key of ['a', 'b', 'c']) queue.add(key);
    urgent.add('c');
    queue.add('c');
    await turn();
    expect(work.started).toEqual(['a', 'c']);

    await work.endAll();
    expect(work.started).toEqual(['a', 'c', 'b']);
  });

  it('takes a normal worker when the urgent workers are busy, while normal keys never take an urgent worker', async () => {
    for (const key of ['u', 'v', 'w']) urgent.add(key);
    for (const key of ['u', 'v', 'w', 'a', 'b']) queue.add(key);
    await turn();
    expect(work.started).toEqual(['u', 'v']);

    await work.end('u');
    expect(work.started).toEqual(['u', 'v', 'w']);
    await work.end('v');
    expect(work.started).toEqual(['u', 'v', 'w', 'a']);
    await work.end('w');
    expect(work.started).toEqual(['u', 'v', 'w', 'a']);
  });
});
