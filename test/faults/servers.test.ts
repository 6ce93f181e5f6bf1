import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { openBench, type Bench } from '../support/bench.ts';
import { openStage, type Stage } from './support/stage.ts';
import { SHORT_LEASE } from './support/lease.ts';

const MINUTE_MS = 60_000;
jest.setTimeout(6 * MINUTE_MS);

const H100 = { gpu: { types: ['H100_80GB'] }, maxPrice: 3 };
/** Of the looks at pods that are at rest. With unscaled times that is five minutes. */
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

/** Changes nearly at the same time as the server goes: one object is to be rented, one to be ended. */
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
  expect(stage.podsMade()).toBe(3);
}

describe('an API server', () => {
  it('that restarts is found again, by the same process', async () => {
    const operator = stage.start();
    await twoReady();
    await changes();
    await bench.controlPlane.restartApiServer();
    await expectChangesDone();
    expect(operator.isRunning()).toBe(true);
  });

  it('that is away for five minutes, scaled: the machines run on, and no second one is rented', async () => {
    const operator = stage.start();
    await twoReady();
    const { podId } = (await stage.scene.untilReady('kept')).status;
    await changes();
    await bench.controlPlane.stopApiServer();
    await stage.scene.quietRounds(FIVE_MINUTES);
    expect(stage.scene.simulator.ledger.live()).toContainEqual(expect.objectContaining({ id: podId }));
    expect(stage.podsMade()).toBeLessThanOrEqual(3);
    await bench.controlPlane.startApiServer();
    await expectChangesDone();
    expect(operator.isRunning()).toBe(true);
  });

  it('that is away for longer than the Lease lasts: the leader ends, and the one that is started for it goes on', async () => {
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
  it('that is killed and started again: the API server and the operator go on', async () => {
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
