import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { openMemoryBench } from '../support/memory-bench.ts';
import type { MemoryBench } from '../support/memory-bench.ts';
import { plantReady } from '../support/planted-ready.ts';
import { openScene } from '../support/scene.ts';
import type { Scene } from '../support/scene.ts';

jest.setTimeout(120_000);

const COUNT = 1_000;
const SEED = 'planted-seed';
/** Pages of a list overlap by five rows, so that no row can slip between two of them. */
const PAGES = Math.ceil((COUNT + 1 - 5) / 95);
const CHUNKS = Math.ceil((COUNT + 1) / 100);

let memory: MemoryBench;
let scene: Scene;

beforeEach(async () => {
  memory = await openMemoryBench();
  scene = await openScene(memory.bench);
});

afterEach(async () => {
  await scene.stop();
  await memory.bench.close();
});

it(`takes over ${String(COUNT)} Ready GpuPods with one list and no write`, async () => {
  const { server, audit } = memory;
  const first = await scene.startUnscaledOperator();
  await scene.create(SEED, { gpu: { types: ['H100_80GB'] }, maxPrice: 3 });
  await scene.untilReady(SEED);
  await first.stop();
  const names = Array.from({ length: COUNT }, (_, index) => `pod-${String(index)}`);
  plantReady(scene, server, SEED, names);
  const before = {
    writes: (await audit.writes(scene.namespace)).length,
    received: server.requests.length,
    requests: scene.simulator.requests.count(),
  };

  await scene.startUnscaledOperator();
  // The check of the connection Secret is the last thing that a start does for a Ready GpuPod.
  await scene.untilTrue('all connection Secrets are checked', () => {
    const paths = server.requests.slice(before.received).map(({ path }) => path);
    return new Set(paths.filter((path) => path.endsWith('-connection'))).size === COUNT + 1;
  });
  await scene.stopOperators();

  const requests = scene.simulator.requests.all().slice(before.requests);
  const count = (route: string): number => requests.filter((request) => request.route === route).length;
  expect((await audit.writes(scene.namespace)).slice(before.writes)).toEqual([]);
  expect(count('/pods/')).toBe(PAGES);
  // GpuPods that are reconciled while a poll is under way need a second one.
  expect(count('/pods/status')).toBeLessThanOrEqual(2 * CHUNKS);
  // Whose key it is. While the start leaves a slow computer no time for the answer, the history vouches for the key.
  expect(requests.length - count('/pods/') - count('/pods/status')).toBeLessThanOrEqual(10);
  expect(scene.simulator.ledger.entries()).toHaveLength(COUNT + 1);
});
