import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { prepareAudit } from '../support/audit.ts';
import type { Audit } from '../support/audit.ts';
import { openBench } from '../support/bench.ts';
import type { Bench } from '../support/bench.ts';
import { openScene } from '../support/scene.ts';
import type { Scene } from '../support/scene.ts';

const MINUTE_MS = 60_000;
jest.setTimeout(3 * MINUTE_MS);

const COUNT = 50;
const NAMES = Array.from({ length: COUNT }, (_, index) => `train-${String(index)}`);
/** "Rented" and "Ready". Larger bursts send fewer, see test/kubernetes/events/event-floods.test.ts. */
const EVENTS = 2 * COUNT;

let directory: string;
let audit: Audit;
let bench: Bench;
let scene: Scene;

beforeAll(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), 'gpupod-audit-'));
  audit = await prepareAudit(directory);
  bench = await openBench({ apiServerFlags: audit.flags });
  // The provider shows no state between the first one and Ready, which would be worth one more write.
  scene = await openScene(bench, { simulator: { settings: { installingMs: 0 } } });
  await scene.startOperator();
  // By then it has read and written its own records.
  await scene.untilTrue(
    'the operator works',
    () => scene.simulator.requests.count({ path: '/user/whoami' }) > 0,
  );
}, 20 * MINUTE_MS);

afterAll(async () => {
  await scene.stop();
  await bench.close();
  await rm(directory, { recursive: true });
});

/** The operator's requests about GpuPods while `run` runs, counted by kind, without its own records. */
async function counted(run: () => Promise<void>): Promise<Readonly<Record<string, number>>> {
  const before = (await audit.requests(scene.namespace)).length;
  await run();
  const counts: Record<string, number> = {};
  for (const request of (await audit.requests(scene.namespace)).slice(before)) {
    if (!/ (leases|configmaps)/.test(request)) counts[request] = (counts[request] ?? 0) + 1;
  }
  return counts;
}

it(`sends as few requests as possible for ${String(COUNT)} GpuPods, and none at rest`, async () => {
  const toReady = await counted(async () => {
    for (const name of NAMES) await scene.create(name, { gpu: { types: ['H100_80GB'] }, maxPrice: 3 });
    for (const name of NAMES) await scene.untilReady(name);
    await scene.untilTrue('the events are written', async () => (await events()) >= EVENTS);
  });
  const { 'get secrets': secretReads = 0, ...others } = toReady;
  // Each spec of this test takes values from a Secret: for the create request, and for the connection Secret. GpuPods
  // that need it at the same time share a read.
  expect(secretReads).toBeGreaterThan(0);
  expect(secretReads).toBeLessThanOrEqual(2 * COUNT);
  expect(others).toEqual({
    // The create intent and the finalizer, before anything may be rented.
    'patch gpupods': COUNT,
    // The ID of the instance, and Ready.
    'update gpupods/status': 2 * COUNT,
    'create secrets': COUNT,
    'create events': EVENTS,
  });

  expect(await counted(async () => await scene.quietRounds(5))).toEqual({});

  const toGone = await counted(async () => {
    for (const name of NAMES) await scene.delete(name);
    for (const name of NAMES) await scene.untilGone(name);
  });
  const { 'create events': _events, 'update gpupods/status': terminating = 0, ...rest } = toGone;
  expect(rest).toEqual({ 'patch gpupods': COUNT });
  // Only a termination that takes long is worth a write.
  expect(terminating).toBeLessThanOrEqual(COUNT);
});

async function events(): Promise<number> {
  return (await audit.requests(scene.namespace)).filter((request) => request === 'create events').length;
}
