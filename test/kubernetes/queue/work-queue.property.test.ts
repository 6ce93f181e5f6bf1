import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { WorkQueue } from '../../../src/kubernetes/queue/work-queue.ts';
import { RecordingLog } from '../support/recording-log.ts';
import { turn } from '../support/until.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

/** An action of a caller, a worker or the clock. */
type Step =
  | { do: 'add'; key: string }
  | { do: 'addAfter'; key: string; delayMs: number }
  | { do: 'end'; pick: number; fails: boolean }
  | { do: 'advance'; ms: number };

const CONCURRENCY = 2;
const BACK_OFF_MS = 40;
const keys = fc.constantFrom('a', 'b', 'c', 'd');
const steps = fc.array(
  fc.oneof(
    fc.record({ do: fc.constant('add' as const), key: keys }),
    fc.record({ do: fc.constant('addAfter' as const), key: keys, delayMs: fc.integer({ min: 0, max: 100 }) }),
    fc.record({ do: fc.constant('end' as const), pick: fc.nat(10), fails: fc.boolean() }),
    fc.record({ do: fc.constant('advance' as const), ms: fc.integer({ min: 1, max: 60 }) }),
  ),
  { maxLength: 60 },
);

/** The simplest queue with the same guarantees: lists and loops, without a heap or timers. */
class Reference {
  readonly started: string[] = [];
  readonly running: string[] = [];
  #nowMs = 0;
  #ready: string[] = [];
  readonly #dirty = new Set<string>();
  readonly #delayed = new Map<string, { atMs: number; order: number }>();
  #order = 0;

  add(key: string): void {
    if (this.running.includes(key)) this.#dirty.add(key);
    else if (!this.#ready.includes(key)) this.#ready.push(key);
    this.#start();
  }

  addAfter(key: string, delayMs: number): void {
    if (delayMs <= 0) {
      this.add(key);
      return;
    }
    const atMs = this.#nowMs + delayMs;
    const held = this.#delayed.get(key);
    this.#order += 1;
    if (held === undefined || atMs < held.atMs) this.#delayed.set(key, { atMs, order: this.#order });
  }

  end(key: string, fails: boolean): void {
    if (fails) this.addAfter(key, BACK_OFF_MS);
    this.running.splice(this.running.indexOf(key), 1);
    if (this.#dirty.delete(key)) this.#ready.push(key);
    this.#start();
  }

  advance(ms: number): void {
    for (let passed = 0; passed < ms; passed += 1) {
      this.#nowMs += 1;
      const due = [...this.#delayed].filter(([, { atMs }]) => atMs === this.#nowMs);
      due.sort(([, a], [, b]) => a.order - b.order);
      for (const [key] of due) {
        this.#delayed.delete(key);
        this.add(key);
      }
    }
  }

  #start(): void {
    while (this.running.length < CONCURRENCY) {
      const key = this.#ready.shift();
      if (key === undefined) return;
      this.running.push(key);
      this.started.push(key);
    }
  }
}

/** The real queue, with workers that the test completes. */
class Real {
  readonly started: string[] = [];
  readonly running: string[] = [];
  readonly clock = new VirtualClock();
  mostAtOnce = 0;
  readonly #ends = new Map<string, (fails: boolean) => void>();
  readonly queue = new WorkQueue({
    clock: this.clock,
    log: new RecordingLog(),
    backOff: { baseMs: BACK_OFF_MS, maxMs: BACK_OFF_MS },
    random: () => 1,
  });

  constructor() {
    void this.queue.run((key) => this.#work(key), { concurrency: CONCURRENCY });
  }

  async end(key: string, fails: boolean): Promise<void> {
    this.#ends.get(key)?.(fails);
    await turn();
  }

  async #work(key: string): Promise<void> {
    if (this.running.includes(key)) throw new Error(`two workers on ${key}`);
    this.started.push(key);
    this.running.push(key);
    this.mostAtOnce = Math.max(this.mostAtOnce, this.running.length);
    const fails = await new Promise<boolean>((resolve) => this.#ends.set(key, resolve));
    this.running.splice(this.running.indexOf(key), 1);
    if (fails) throw new Error('planned');
  }
}

async function apply(real: Real, reference: Reference, step: Step): Promise<void> {
  switch (step.do) {
    case 'add':
      real.queue.add(step.key);
      reference.add(step.key);
      break;
    case 'addAfter':
      real.queue.addAfter(step.key, step.delayMs);
      reference.addAfter(step.key, step.delayMs);
      break;
    case 'end': {
      const key = reference.running[step.pick % Math.max(1, reference.running.length)];
      if (key === undefined) return;
      await real.end(key, step.fails);
      reference.end(key, step.fails);
      break;
    }
    case 'advance':
      await real.clock.advance(step.ms);
      reference.advance(step.ms);
      break;
  }
}

/** Advances until every key that was added has run. */
async function finish(real: Real, reference: Reference): Promise<void> {
  for (let round = 0; round < 50; round += 1) {
    const [key] = reference.running;
    if (key !== undefined) await apply(real, reference, { do: 'end', pick: 0, fails: false });
    else await apply(real, reference, { do: 'advance', ms: 10 });
  }
}

it('starts the same keys as the reference: never two workers on one key, nothing lost, nothing twice', async () => {
  const property = fc.asyncProperty(steps, async (plan) => {
    const real = new Real();
    const reference = new Reference();

    for (const step of plan) {
      await apply(real, reference, step);
      expect([...real.running].sort()).toEqual([...reference.running].sort());
    }
    await finish(real, reference);

    expect(real.started).toEqual(reference.started);
    expect(real.running).toEqual([]);
    expect(real.mostAtOnce).toBeLessThanOrEqual(CONCURRENCY);
    await real.queue.stop();
    expect(real.clock.sleepers).toBe(0);
  });

  await fc.assert(property, { numRuns: 300 });
});
