import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { systemClock } from '../../src/clock.ts';
import { openBench } from '../support/bench.ts';
import type { Bench } from '../support/bench.ts';
import type { OperatorProcess } from '../support/operator-process.ts';
import type { Flags } from '../support/operator-settings.ts';
import { Durations } from './support/durations.ts';
import { LEASE, SHORT_LEASE } from './support/lease.ts';
import { isCreateIntentWrite } from './support/points.ts';
import { openStage } from './support/stage.ts';
import type { Stage } from './support/stage.ts';

const MINUTE_MS = 60_000;
jest.setTimeout(4 * MINUTE_MS);

const H100 = { gpu: { types: ['H100_80GB'] }, maxPrice: 3 };
/** The load: this many GpuPods are created while the leader stops. */
const MANY = Array.from({ length: 40 }, (_, index) => `load-${index}`);

let bench: Bench;
let stage: Stage;
const durations = new Durations(
  'from the end of the leader to the next one leading, with a Lease of 6 s where it runs out',
);

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
  durations.tell();
  await bench.close();
});

async function hasLed(process: OperatorProcess): Promise<boolean> {
  return (await process.log()).includes('"leading"');
}

async function startTwo(flags: Flags): Promise<{ leader: OperatorProcess; standby: OperatorProcess }> {
  const leader = stage.start(flags);
  await stage.scene.untilTrue('the first leads', async () => await hasLed(leader));
  const standby = stage.start(flags);
  return { leader, standby };
}

async function untilLeads(process: OperatorProcess, kind: string): Promise<void> {
  const beganMs = systemClock.monotonicMs();
  await stage.scene.untilTrue('the standby leads', async () => await hasLed(process));
  durations.note(kind, systemClock.monotonicMs() - beganMs);
}

describe('two replicas under load', () => {
  it.each([
    { signal: 'SIGTERM', lease: LEASE, end: { code: 0, signal: null } },
    { signal: 'SIGKILL', lease: SHORT_LEASE, end: { code: null, signal: 'SIGKILL' } },
  ] as const)(
    'create one instance for each GpuPod when $signal stops the leader',
    async ({ signal, lease, end }) => {
      const { scene } = stage;
      const { leader, standby } = await startTwo(lease);
      await Promise.all(MANY.map(async (name) => await scene.create(name, H100)));
      await scene.untilTrue(
        'half of the create requests',
        () => stage.createdInstanceCount() >= MANY.length / 2,
      );
      expect(await leader.stop(signal)).toEqual(end);
      await untilLeads(standby, signal);
      for (const name of MANY) await scene.untilReady(name);
      expect(await stage.judge()).toEqual([]);
      expect(stage.createdInstanceCount()).toBe(MANY.length);
    },
  );
});

describe('SIGTERM during a create request', () => {
  it('lets the process wait for the answer, record the instance and release the Lease', async () => {
    const { scene, toProvider } = stage;
    const { leader, standby } = await startTwo({
      ...LEASE,
      'create-timeout': '20s',
      'window-foreign-request': '22s',
    });
    const sent = toProvider.silenceAt('POST /api/v1/pods', 'held');
    await scene.create('requested', H100);
    await sent;
    const stopped = leader.stop('SIGTERM');
    await scene.untilTrue('it is stopping', async () => (await leader.log()).includes('"stopping"'));
    expect(leader.isRunning()).toBe(true);
    expect(await hasLed(standby)).toBe(false);
    toProvider.deliverHeld();
    expect(await stopped).toEqual({ code: 0, signal: null });
    expect((await scene.find('requested'))?.status.podId).toBe(
      scene.simulator.ledger.entries().find(({ origin }) => origin === 'Api')?.id,
    );
    await untilLeads(standby, 'SIGTERM with an order under way');
    await scene.untilReady('requested');
    expect(await stage.judge()).toEqual([]);
    expect(stage.posts()).toBe(1);
  });
});

describe('a leader that was frozen for longer than its Lease', () => {
  it('exits without sending a create request that it has recorded', async () => {
    const { scene } = stage;
    const { leader, standby } = await startTwo(SHORT_LEASE);
    const written = stage.proxy.hold('answer', isCreateIntentWrite);
    await scene.create('contested', H100);
    await written.reached;
    leader.send('SIGSTOP');
    // The answer has arrived, but the process has not read it.
    written.release();
    await untilLeads(standby, 'SIGSTOP');
    await scene.untilReady('contested');
    leader.send('SIGCONT');
    expect(await leader.ended).toEqual({ code: 1, signal: null });
    expect(await stage.judge()).toEqual([]);
    expect(stage.createdInstanceCount()).toBe(1);
  });

  it('exits without any write when it was at rest', async () => {
    const { scene } = stage;
    const { leader, standby } = await startTwo(SHORT_LEASE);
    await scene.create('kept', H100);
    await scene.untilReady('kept');
    leader.send('SIGSTOP');
    await untilLeads(standby, 'SIGSTOP');
    await scene.create('new', H100);
    await scene.untilReady('new');
    leader.send('SIGCONT');
    expect(await leader.ended).toEqual({ code: 1, signal: null });
    expect(await stage.judge()).toEqual([]);
    expect(stage.createdInstanceCount()).toBe(2);
  });
});
