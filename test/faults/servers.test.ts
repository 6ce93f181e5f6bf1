import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { openBench } from '../support/bench.ts';
import type { Bench } from '../support/bench.ts';
import { openStage } from './support/stage.ts';
import type { Stage } from './support/stage.ts';
import { SHORT_LEASE } from './support/lease.ts';

const MINUTE_MS = 60_000;
jest.setTimeout(6 * MINUTE_MS);

const H100 = { gpu: { types: ['H100_80GB'] }, maxPrice: 3 };
/** A number of quiet polls. In production they take five minutes. */
const FIVE_MINUTES = 5;

let bench: Bench;
let stage: Stage;

beforeAll(async () => {
  bench = await openBench();
}, 20 * MINUTE_MS);

beforeEach(async () => {
  stage = await openStage(bench);
});

afterEach(async () => {
  await bench.controlPlane.startEtcd();
  await bench.controlPlane.startApiServer();
  await stage.stop();
});

afterAll(async () => {
  await bench.close();
});

async function twoReady(): Promise<void> {
  for (const name of ['kept', 'leaving']) await stage.scene.create(name, H100);
  for (const name of ['kept', 'leaving']) await stage.scene.untilReady(name);
}

/** Creates one GpuPod and deletes another, just as the server stops. */
async function changes(): Promise<void> {
  await stage.scene.create('coming', H100);
  await stage.scene.delete('leaving');
}

async function expectChangesDone(): Promise<void> {
  const { scene } = stage;
  await scene.untilReady('coming');
  await scene.untilGone('leaving');
  await scene.untilReady('kept');
  expect(await stage.judge()).toEqual([]);
  expect(stage.createdInstanceCount()).toBe(3);
}

describe('an API server', () => {
  it('that restarts is used again by the same process', async () => {
    const operator = stage.start();
    await twoReady();
    await changes();
    await bench.controlPlane.restartApiServer();
    await expectChangesDone();
    expect(operator.isRunning()).toBe(true);
  });

  it('that is down for five minutes (scaled) leads to no termination and no duplicate', async () => {
    const operator = stage.start();
    await twoReady();
    const { podId } = (await stage.scene.untilReady('kept')).status;
    await changes();
    await bench.controlPlane.stopApiServer();
    await stage.scene.quietRounds(FIVE_MINUTES);
    expect(stage.scene.simulator.ledger.live()).toContainEqual(expect.objectContaining({ id: podId }));
    expect(stage.createdInstanceCount()).toBeLessThanOrEqual(3);
    await bench.controlPlane.startApiServer();
    await expectChangesDone();
    expect(operator.isRunning()).toBe(true);
  });

  it('that is down for longer than the Lease makes the leader exit, and the next process continues', async () => {
    const ends = stage.keepRunning(SHORT_LEASE);
    await twoReady();
    await changes();
    await bench.controlPlane.stopApiServer();
    await stage.scene.untilTrue('the leader ends', () => ends.length > 0);
    await bench.controlPlane.startApiServer();
    await expectChangesDone();
    expect(ends[0]).toEqual({ code: 1, signal: null });
  });
});

describe('etcd', () => {
  it('does not stop the API server or the operator when it is killed and restarted', async () => {
    const operator = stage.start();
    await twoReady();
    await changes();
    await bench.controlPlane.stopEtcd();
    await stage.scene.quietRounds(2);
    await bench.controlPlane.startEtcd();
    await expectChangesDone();
    expect(operator.isRunning()).toBe(true);
  });
});
