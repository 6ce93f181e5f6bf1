import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { openBench } from '../support/bench.ts';
import type { Bench } from '../support/bench.ts';
import type { OperatorProcess } from '../support/operator-process.ts';
import type { LinkState } from '../support/tcp-link.ts';
import { isCreateIntentWrite } from './support/points.ts';
import { openStage } from './support/stage.ts';
import type { Stage } from './support/stage.ts';

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
  readonly linkState: LinkState;
}

/** No answer arrives. */
const OUTAGES: readonly Storm[] = [
  { what: 'refuses connections', linkState: { kind: 'refused' } },
  { what: 'breaks every answer in the middle', linkState: { kind: 'reset', afterBytes: 60 } },
  { what: 'is silent and gets no requests', linkState: { kind: 'silent', requests: 'lost' } },
  { what: 'is silent and gets all requests', linkState: { kind: 'silent', requests: 'delivered' } },
];
/** All answers arrive late. */
const DELAYS: readonly Storm[] = [
  { what: 'answers in small pieces', linkState: { kind: 'slow', bytes: 400, everyMs: 5 } },
  { what: 'has a long latency', linkState: { kind: 'late', ms: 100 } },
];

async function count(pattern: RegExp): Promise<number> {
  return (await operator.log()).split('\n').filter((line) => pattern.test(line)).length;
}

/** Returns a wait for a later log line that matches. */
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

describe('the operator', () => {
  it.each(OUTAGES)(
    'gives up no GpuPod while the provider $what, and recovers afterwards',
    async ({ linkState }) => {
      const { scene, toProvider } = stage;
      await toProvider.become(linkState);
      await scene.create('during', H100);
      await scene.delete('before');
      await scene.untilCondition('during', 'Synced=False ApiUnavailable');
      expect(await scene.find('before')).toBeDefined();
      await toProvider.become({ kind: 'clear' });
      await scene.untilReady('during');
      await scene.untilGone('before');
      await expectAllRight(2);
    },
  );

  it.each(OUTAGES)(
    'creates one instance when the provider $what during the create request',
    async ({ linkState }) => {
      const { scene, toProvider } = stage;
      const written = stage.proxy.hold('answer', isCreateIntentWrite);
      await scene.create('requested', H100);
      await written.reached;
      const said = await untilSaid(/create request returned no instance/);
      await toProvider.become(linkState);
      written.release();
      await said();
      await toProvider.become({ kind: 'clear' });
      await scene.untilReady('requested');
      await expectAllRight(3);
      expect(stage.createdInstanceCount()).toBe(2);
    },
  );

  it.each(DELAYS)('works while the provider $what', async ({ linkState }) => {
    const { scene, toProvider } = stage;
    await toProvider.become(linkState);
    await scene.create('patient', H100);
    await scene.untilReady('patient');
    await scene.delete('before');
    await scene.untilGone('before');
    await expectAllRight(2);
  });
});

describe('the operator with a faulty API server', () => {
  it.each(OUTAGES)('handles changes that happen while the API server $what', async ({ linkState }) => {
    const { scene, toCluster } = stage;
    const said = await untilSaid(/watch failed|watch ended|watch was silent|list failed/);
    await toCluster.become(linkState);
    await scene.create('during', H100);
    await scene.delete('before');
    await said();
    await toCluster.become({ kind: 'clear' });
    await scene.untilReady('during');
    await scene.untilGone('before');
    await expectAllRight(2);
  });

  it.each(OUTAGES)(
    'records the instance later when the API server $what during the create response',
    async ({ linkState }) => {
      const { scene, toCluster } = stage;
      let change: Promise<void> | undefined;
      scene.simulator.requests.onArrival(({ method }) => {
        if (method === 'POST') change ??= toCluster.become(linkState);
      });
      const said = await untilSaid(/reconcile failed|watch failed|watch was silent/);
      await scene.create('requested', H100);
      await scene.untilTrue('the create request', () => stage.createdInstanceCount() === 2);
      await said();
      await change;
      await toCluster.become({ kind: 'clear' });
      await scene.untilReady('requested');
      await expectAllRight(2);
    },
  );

  it.each(DELAYS)('works while the API server $what', async ({ linkState }) => {
    const { scene, toCluster } = stage;
    await toCluster.become(linkState);
    await scene.create('patient', H100);
    await scene.untilReady('patient');
    await scene.delete('before');
    await scene.untilGone('before');
    await expectAllRight(2);
  });
});
