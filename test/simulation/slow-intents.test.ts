import { describe, expect, it } from '@jest/globals';
import { DEFAULT_TIMINGS } from '../../src/lifecycle/settings.ts';
import { createRandomSource } from '../../src/simulator/world/random.ts';
import { annotate, specChange } from './edits.ts';
import type { Action } from './edits.ts';
import { judgeEnd } from './oracles.ts';
import { Simulation } from './simulation.ts';
import { slowPatches } from './slow-patches.ts';

const SLOWEST_WRITE_MS = 800;
/** How long the operator may take to find the limit. */
const FINDING_MS = 15_000;
/** The way to the provider. */
const LATENCY_MS = 45;

interface Given {
  readonly count: number;
  readonly perSecond: number;
  readonly retryAfterSeconds: number | null;
}

interface Scene {
  readonly simulation: Simulation;
  readonly names: readonly string[];
  /** When the last write of each GpuPod's create intent began, by GpuPod. */
  readonly intentAtMs: ReadonlyMap<string, number>;
}

/** An API server that takes up to 800 ms to write a create intent, and a provider with a limit. */
function openScene({ count, perSecond, retryAfterSeconds }: Given): Scene {
  const random = createRandomSource(4_711);
  const intentAtMs = new Map<string, number>();
  const simulation: Simulation = new Simulation({
    isTraced: false,
    provider: {
      ...{ requestsPerSecond: perSecond, requestBurst: perSecond, retryAfterSeconds },
      ...{ provisioningMs: 2_000, installingMs: 0, deletingMs: 500 },
    },
    settings: { isRateLimited: true, concurrency: 32 },
    plant: {
      ports: slowPatches(
        () => simulation,
        (name) => {
          intentAtMs.set(name, simulation.time.nowMs);
          return random.next() * SLOWEST_WRITE_MS;
        },
      ),
    },
  });
  const names = Array.from({ length: count }, (_, index) => `train-${String(index)}`);
  return { simulation, names, intentAtMs };
}

async function untilAllReady({ simulation, names }: Scene): Promise<void> {
  simulation.startOperator();
  await simulation.pass(1_000);
  for (const name of names) simulation.apply(name);
  await simulation.until('all are ready', () => names.every((name) => simulation.isReady(name)), 600_000);
}

describe('create intents that are written slowly, and a provider with a limit', () => {
  it.each([
    { count: 150, perSecond: 5, retryAfterSeconds: null },
    { count: 300, perSecond: 10, retryAfterSeconds: null },
  ])('use the limit of $perSecond requests a second, with few refusals once it is found', async (given) => {
    const scene = openScene(given);
    await untilAllReady(scene);
    const { requests } = scene.simulation.api;
    const all = requests.all();
    const lastCreate = all.findLastIndex(({ method, status }) => method === 'POST' && status !== 429);
    const creating = all.slice(0, lastCreate + 1);
    const fromMs = (requests.all({ method: 'POST' })[0]?.atMs ?? 0) + FINDING_MS;
    const found = creating.filter(({ atMs }) => atMs >= fromMs);
    const accepted = found.filter(({ status }) => status !== 429).length;
    const finding = creating.filter(({ atMs, status }) => atMs < fromMs && status === 429).length;
    const foundMs = (found.at(-1)?.atMs ?? NaN) - fromMs;

    expect((accepted * 1_000) / foundMs / given.perSecond).toBeGreaterThanOrEqual(0.95);
    expect((found.length - accepted) / found.length).toBeLessThan(0.02);
    expect(finding).toBeLessThanOrEqual(5);
    judgeEnd(scene.simulation);
    expect(scene.simulation.journal.violations).toEqual([]);
  });

  it('lead to create requests within the bounded time, or to none, while the provider asks for long waits', async () => {
    const scene = openScene({ count: 40, perSecond: 5, retryAfterSeconds: 20 });
    const { simulation, intentAtMs } = scene;
    const waitsMs: number[] = [];
    const messages = new Set<string>();
    simulation.api.requests.onArrival(({ method, bodyText }) => {
      const name = scene.names.find((one) => bodyText.includes(`-${one}"`));
      if (method === 'POST' && name !== undefined) {
        waitsMs.push(simulation.time.nowMs - (intentAtMs.get(name) ?? 0));
      }
    });
    simulation.server.onChange(({ object }) => {
      messages.add(JSON.stringify(object['status'] ?? {}));
    });
    await untilAllReady(scene);

    expect(waitsMs.length).toBeGreaterThanOrEqual(40);
    expect(Math.max(...waitsMs)).toBeLessThanOrEqual(DEFAULT_TIMINGS.createFenceMs + LATENCY_MS);
    expect([...messages].some((text) => text.includes('longer to write'))).toBe(false);
    judgeEnd(simulation);
    expect(simulation.journal.violations).toEqual([]);
  });

  it.each<{ what: string; act: Action }>([
    {
      what: 'deleted',
      act: (simulation, name) => {
        simulation.delete(name);
      },
    },
    { what: 'suspended', act: specChange({ suspend: true }) },
    { what: 'paused', act: annotate('gpupod.dev/paused', 'true') },
  ])('lead to no create request of a GpuPod that was $what while the request waited', async ({ act }) => {
    const scene = openScene({ count: 40, perSecond: 5, retryAfterSeconds: 5 });
    const { simulation, names } = scene;
    simulation.startOperator();
    await simulation.pass(1_000);
    for (const name of names) simulation.apply(name);
    await simulation.pass(2_500);
    const waiting = scene.intentAtMs.size - simulation.api.requests.count({ method: 'POST' });
    for (const name of names) act(simulation, name);
    // The watch tells the operator of it, and a request may be on its way.
    await simulation.pass(100);
    const before = simulation.api.requests.count({ method: 'POST' });
    await simulation.pass(30_000);

    expect(waiting).toBeGreaterThan(0);
    expect(simulation.api.requests.count({ method: 'POST' })).toBe(before);
    expect(simulation.journal.violations).toEqual([]);
  });
});
