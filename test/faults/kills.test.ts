import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { openBench } from '../support/bench.ts';
import type { Bench } from '../support/bench.ts';
import type { OperatorProcess } from '../support/operator-process.ts';
import {
  atRequest,
  atWrite,
  decidesEnding,
  isCreateIntentWrite,
  isRelease,
  isSecretWrite,
  namesPod,
  sawEnd,
  saysReady,
} from './support/points.ts';
import type { Point } from './support/points.ts';
import { openStage } from './support/stage.ts';
import type { Stage } from './support/stage.ts';

const MINUTE_MS = 60_000;
jest.setTimeout(4 * MINUTE_MS);

const H100 = { gpu: { types: ['H100_80GB'] }, maxPrice: 3 };

let bench: Bench;
let stage: Stage;

beforeAll(async () => {
  bench = await openBench();
}, 20 * MINUTE_MS);

beforeEach(async () => {
  stage = await openStage(bench);
});

afterEach(async () => {
  await stage.stop();
});

afterAll(async () => {
  await bench.close();
});

/** Starts an action, kills the process at the point, and starts the next process. */
async function killAt({ arm }: Point, process: OperatorProcess, begin: () => Promise<void>): Promise<void> {
  const armed = arm(stage);
  await begin();
  await Promise.race([armed.reached, process.ended]);
  expect(await process.stop('SIGKILL')).toEqual({ code: null, signal: 'SIGKILL' });
  if (!armed.isLate) armed.settle();
  const lists = stage.lists();
  stage.start();
  if (!armed.isLate) return;
  await stage.scene.untilTrue('the next process has looked', () => stage.lists() > lists);
  armed.settle();
}

const RENTING: readonly Point[] = [
  atWrite('the write of the create intent', 'request', isCreateIntentWrite),
  atWrite('the write of the create intent', 'request', isCreateIntentWrite, 'arrives'),
  atWrite('the write of the create intent', 'answer', isCreateIntentWrite),
  atRequest('the POST', 'POST /api/v1/pods', 'lost'),
  atRequest('the POST', 'POST /api/v1/pods', 'held'),
  atRequest('the POST', 'POST /api/v1/pods', 'delivered'),
  atWrite('the write of the pod ID', 'request', namesPod),
  atWrite('the write of the pod ID', 'request', namesPod, 'arrives'),
  atWrite('the write of the pod ID', 'answer', namesPod),
  atWrite('the write of the connection Secret', 'request', isSecretWrite),
  atWrite('the write of the connection Secret', 'answer', isSecretWrite),
  atWrite('the write of the readiness', 'request', saysReady),
  atWrite('the write of the readiness', 'answer', saysReady),
];

describe('a process that is killed while it rents', () => {
  it.each(RENTING)('leads to exactly one instance, which the GpuPod gets, when $point', async (point) => {
    await killAt(point, stage.start(), async () => await stage.scene.create('rented', H100));
    await stage.scene.untilReady('rented');
    expect(await stage.judge()).toEqual([]);
    expect(stage.createdInstanceCount()).toBe(1);
  });
});

const DELETING: readonly Point[] = [
  atRequest('the DELETE', 'DELETE /api/v1/pods', 'lost'),
  atRequest('the DELETE', 'DELETE /api/v1/pods', 'held'),
  atRequest('the DELETE', 'DELETE /api/v1/pods', 'delivered'),
  atWrite('the release', 'request', isRelease),
  atWrite('the release', 'request', isRelease, 'arrives'),
  atWrite('the release', 'answer', isRelease),
];

describe('a process that is killed while a GpuPod is deleted', () => {
  it.each(DELETING)('leaves no instance and no GpuPod when $point', async (point) => {
    const { scene } = stage;
    const first = stage.start();
    await scene.create('leaving', H100);
    await scene.untilReady('leaving');
    await killAt(point, first, async () => await scene.delete('leaving'));
    await scene.untilGone('leaving');
    expect(await stage.judge()).toEqual([]);
    expect(scene.simulator.ledger.live().filter(({ origin }) => origin === 'Api')).toEqual([]);
  });
});

const SUSPENDING: readonly Point[] = [
  atWrite('the write of the decision', 'request', decidesEnding),
  atWrite('the write of the decision', 'request', decidesEnding, 'arrives'),
  atWrite('the write of the decision', 'answer', decidesEnding),
  atWrite('the write of the termination', 'request', sawEnd),
  atWrite('the write of the termination', 'answer', sawEnd),
];

describe('a process that is killed while a GpuPod is suspended', () => {
  it.each(SUSPENDING)(
    'leaves no instance, and a later attempt creates another one, when $point',
    async (point) => {
      const { scene } = stage;
      const first = stage.start();
      await scene.create('nightly', H100);
      await scene.untilReady('nightly');
      await killAt(point, first, async () => await scene.patch('nightly', { spec: { suspend: true } }));
      await scene.until('nightly', 'no machine', ({ status }) => status.podId === undefined);
      await scene.patch('nightly', { spec: { suspend: false } });
      const { status } = await scene.untilReady('nightly');
      expect(status.attempts).toMatchObject([{ number: 1, outcome: 'Ended' }, { number: 2 }]);
      expect(await stage.judge()).toEqual([]);
      expect(stage.createdInstanceCount()).toBe(2);
    },
  );
});
