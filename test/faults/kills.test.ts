import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { openBench, type Bench } from '../support/bench.ts';
import type { OperatorProcess } from '../support/operator-process.ts';
import {
  atRequest,
  atWrite,
  decidesEnding,
  isOrderWrite,
  isRelease,
  isSecretWrite,
  namesPod,
  sawEnd,
  saysReady,
  type Point,
} from './support/points.ts';
import { openStage, type Stage } from './support/stage.ts';

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

/** Begins something, kills the process at the point, and starts the next one. */
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
  atWrite('the order’s write', 'request', isOrderWrite),
  atWrite('the order’s write', 'request', isOrderWrite, 'arrives'),
  atWrite('the order’s write', 'answer', isOrderWrite),
  atRequest('the POST', 'POST /api/v1/pods', 'lost'),
  atRequest('the POST', 'POST /api/v1/pods', 'held'),
  atRequest('the POST', 'POST /api/v1/pods', 'delivered'),
  atWrite('the pod id', 'request', namesPod),
  atWrite('the pod id', 'request', namesPod, 'arrives'),
  atWrite('the pod id', 'answer', namesPod),
  atWrite('the connection Secret', 'request', isSecretWrite),
  atWrite('the connection Secret', 'answer', isSecretWrite),
  atWrite('readiness', 'request', saysReady),
  atWrite('readiness', 'answer', saysReady),
];

describe('a process that is killed while it rents', () => {
  it.each(RENTING)('when $point: one pod was ever made, and it is the object’s', async (point) => {
    await killAt(point, stage.start(), async () => await stage.scene.create('rented', H100));
    await stage.scene.untilReady('rented');
    expect(await stage.judge()).toEqual([]);
    expect(stage.podsMade()).toBe(1);
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

describe('a process that is killed while an object is deleted', () => {
  it.each(DELETING)('when $point: the pod has ended, and the object is gone', async (point) => {
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
  atWrite('the decision', 'request', decidesEnding),
  atWrite('the decision', 'request', decidesEnding, 'arrives'),
  atWrite('the decision', 'answer', decidesEnding),
  atWrite('the end that was seen', 'request', sawEnd),
  atWrite('the end that was seen', 'answer', sawEnd),
];

describe('a process that is killed while a rental is suspended', () => {
  it.each(SUSPENDING)('when $point: it ends, and a later order is another one', async (point) => {
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
    expect(stage.podsMade()).toBe(2);
  });
});
