import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { openBench, type Bench } from '../support/bench.ts';
import type { OperatorProcess } from '../support/operator-process.ts';
import type { Weather } from '../support/tcp-link.ts';
import { isOrderWrite } from './support/points.ts';
import { openStage, type Stage } from './support/stage.ts';

const MINUTE_MS = 60_000;
jest.setTimeout(4 * MINUTE_MS);

const H100 = { gpu: { types: ['H100_80GB'] }, maxPrice: 3 };

let bench: Bench;
let stage: Stage;
let operator: OperatorProcess;

beforeAll(async () => {
  bench = await openBench();
}, 20 * MINUTE_MS);

beforeEach(async () => {
  stage = await openStage(bench);
  operator = stage.start({ 'watch-idle-timeout': '1s', 'read-timeout': '1s' });
  await stage.scene.create('before', H100);
  await stage.scene.untilReady('before');
});

afterEach(async () => {
  await stage.stop();
});

afterAll(async () => {
  await bench.close();
});

interface Storm {
  readonly what: string;
  readonly weather: Weather;
}

/** Nothing gets through. */
const OUTAGES: readonly Storm[] = [
  { what: 'refuses connections', weather: { kind: 'refused' } },
  { what: 'breaks every answer in the middle', weather: { kind: 'reset', afterBytes: 60 } },
  { what: 'is silent, and hears nothing', weather: { kind: 'silent', requests: 'lost' } },
  { what: 'is silent, and hears everything', weather: { kind: 'silent', requests: 'delivered' } },
];
/** Everything gets through, in its time. */
const DELAYS: readonly Storm[] = [
  { what: 'drips its answers', weather: { kind: 'slow', bytes: 400, everyMs: 5 } },
  { what: 'is far away', weather: { kind: 'late', ms: 100 } },
];

async function count(pattern: RegExp): Promise<number> {
  return (await operator.log()).split('\n').filter((line) => pattern.test(line)).length;
}

/** Waits until the operator has said this of something that happened from now on. */
async function untilSaid(pattern: RegExp): Promise<() => Promise<void>> {
  const before = await count(pattern);
  return async () =>
    await stage.scene.untilTrue(String(pattern), async () => (await count(pattern)) > before);
}

async function expectAllRight(posts: number): Promise<void> {
  expect(await stage.judge()).toEqual([]);
  expect(stage.posts()).toBeLessThanOrEqual(posts);
  expect(operator.isRunning()).toBe(true);
}

describe('a provider that', () => {
  it.each(OUTAGES)('$what: nothing is given up, and all is well when it is back', async ({ weather }) => {
    const { scene, toProvider } = stage;
    await toProvider.become(weather);
    await scene.create('during', H100);
    await scene.delete('before');
    await scene.untilCondition('during', 'Synced=False ApiUnavailable');
    expect(await scene.find('before')).toBeDefined();
    await toProvider.become({ kind: 'clear' });
    await scene.untilReady('during');
    await scene.untilGone('before');
    await expectAllRight(2);
  });

  it.each(OUTAGES)('$what just when an order leaves: one pod is made', async ({ weather }) => {
    const { scene, toProvider } = stage;
    const written = stage.proxy.hold('answer', isOrderWrite);
    await scene.create('ordered', H100);
    await written.reached;
    const said = await untilSaid(/create request returned no instance/);
    await toProvider.become(weather);
    written.release();
    await said();
    await toProvider.become({ kind: 'clear' });
    await scene.untilReady('ordered');
    await expectAllRight(3);
    expect(stage.podsMade()).toBe(2);
  });

  it.each(DELAYS)('$what is used as it is', async ({ weather }) => {
    const { scene, toProvider } = stage;
    await toProvider.become(weather);
    await scene.create('patient', H100);
    await scene.untilReady('patient');
    await scene.delete('before');
    await scene.untilGone('before');
    await expectAllRight(2);
  });
});

describe('an API server that', () => {
  it.each(OUTAGES)('$what: what happens meanwhile is done when it is back', async ({ weather }) => {
    const { scene, toCluster } = stage;
    const said = await untilSaid(/watch failed|watch ended|watch was silent|list failed/);
    await toCluster.become(weather);
    await scene.create('during', H100);
    await scene.delete('before');
    await said();
    await toCluster.become({ kind: 'clear' });
    await scene.untilReady('during');
    await scene.untilGone('before');
    await expectAllRight(2);
  });

  it.each(OUTAGES)(
    '$what just when the provider answers an order: the pod id is written later',
    async ({ weather }) => {
      const { scene, toCluster } = stage;
      let storm: Promise<void> | undefined;
      scene.simulator.requests.onArrival(({ method }) => {
        if (method === 'POST') storm ??= toCluster.become(weather);
      });
      const said = await untilSaid(/reconcile failed|watch failed|watch was silent/);
      await scene.create('ordered', H100);
      await scene.untilTrue('the order', () => stage.podsMade() === 2);
      await said();
      await storm;
      await toCluster.become({ kind: 'clear' });
      await scene.untilReady('ordered');
      await expectAllRight(2);
    },
  );

  it.each(DELAYS)('$what is used as it is', async ({ weather }) => {
    const { scene, toCluster } = stage;
    await toCluster.become(weather);
    await scene.create('patient', H100);
    await scene.untilReady('patient');
    await scene.delete('before');
    await scene.untilGone('before');
    await expectAllRight(2);
  });
});
