import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { startOperatorProcess } from '../support/operator-process.ts';
import type { OperatorProcess } from '../support/operator-process.ts';
import { openBench } from '../support/bench.ts';
import type { Bench } from '../support/bench.ts';
import type { Flags } from '../support/operator-settings.ts';
import { openScene } from '../support/scene.ts';
import type { Scene } from '../support/scene.ts';

const MINUTE_MS = 60_000;
jest.setTimeout(4 * MINUTE_MS);

/** Short, but long enough for a busy host. */
const LEASE: Flags = {
  'leader-elect': 'true',
  'lease-duration': '4s',
  'lease-renew-deadline': '3s',
  'lease-renew-period': '500ms',
  'lease-retry-period': '300ms',
  'window-lease-fence': '3s',
};
const H100 = { gpu: { types: ['H100_80GB'] }, maxPrice: 3 };

let bench: Bench;
let scene: Scene;
const processes: OperatorProcess[] = [];

beforeAll(async () => {
  bench = await openBench();
}, 20 * MINUTE_MS);

beforeEach(async () => {
  scene = await openScene(bench);
});

afterEach(async () => {
  await Promise.all(processes.splice(0).map(async (process) => await process.stop('SIGKILL')));
  await scene.stop();
});

afterAll(async () => {
  await bench.close();
});

/** Starts the operator in a separate process. */
function start(flags: Flags = {}): OperatorProcess {
  const process = startOperatorProcess({
    args: scene.operatorArgs({ ...LEASE, ...flags }),
    env: { PRIME_API_KEY: scene.simulator.apiKey },
    logFile: path.join(bench.directory, `${scene.namespace}-${processes.length}.log`),
  });
  processes.push(process);
  return process;
}

async function hasLed(process: OperatorProcess): Promise<boolean> {
  return (await process.log()).includes('"leading"');
}

function posts(): number {
  return scene.simulator.requests.count({ method: 'POST', path: '/pods/' });
}

async function expectOneInstance(name: string): Promise<void> {
  const { status } = await scene.untilReady(name);
  expect(scene.simulator.ledger.entries()).toMatchObject([{ id: status.podId }]);
  await scene.delete(name);
  await scene.untilGone(name);
  expect(scene.simulator.ledger.entries()).toHaveLength(1);
  expect(scene.simulator.ledger.live()).toEqual([]);
}

describe('two replicas', () => {
  it('rent one instance, and the standby continues with it when the leader stops', async () => {
    const first = start();
    await scene.untilTrue('the first leads', async () => await hasLed(first));
    const second = start();
    for (const name of ['a', 'b', 'c']) await scene.create(name, H100);
    for (const name of ['a', 'b', 'c']) await scene.untilReady(name);
    expect(posts()).toBe(3);
    expect(await hasLed(second)).toBe(false);

    expect(await first.stop('SIGTERM')).toEqual({ code: 0, signal: null });
    await scene.untilTrue('the second leads', async () => await hasLed(second));
    await scene.create('d', H100);
    await scene.delete('a');
    await scene.untilReady('d');
    await scene.untilGone('a');
    expect(posts()).toBe(4);
    expect(scene.simulator.ledger.live()).toHaveLength(3);
  });

  it('rent one instance when both start at the same time', async () => {
    await scene.create('contested', H100);
    start();
    start();
    await expectOneInstance('contested');
    expect(posts()).toBe(1);
  });
});

describe('two installations in one namespace', () => {
  it('share its Lease, so that the second waits with a warning, and takes over once the Lease is free', async () => {
    const first = start({ 'lease-owner': 'team-a' });
    await scene.untilTrue('the first leads', async () => await hasLed(first));
    const second = start({ 'lease-owner': 'team-b', 'watch-namespace': 'team-b' });
    await scene.untilTrue('the second says so', async () =>
      (await second.log()).includes('is held by the installation team-a that watches'),
    );
    expect(await hasLed(second)).toBe(false);
    await first.stop('SIGTERM');
    await scene.untilTrue('the second leads', async () => await hasLed(second));
  });
});

describe('a process that stops during a create request', () => {
  it('waits for the answer and records it', async () => {
    scene.simulator.faults.add({
      method: 'POST',
      path: '/pods/',
      times: 1,
      effect: { kind: 'DelayAfter', ms: 1_500 },
    });
    const first = start();
    await scene.create('requested', H100);
    await scene.untilTrue('the create request', () => posts() === 1);
    expect(await first.stop('SIGTERM')).toEqual({ code: 0, signal: null });
    expect((await scene.find('requested'))?.status.podId).toBe(scene.simulator.ledger.entries()[0]?.id);
    start();
    await expectOneInstance('requested');
    expect(posts()).toBe(1);
  });
});

describe('after the kill of a process, the next process', () => {
  it('adopts an instance that was created but not recorded', async () => {
    scene.simulator.faults.add({
      method: 'POST',
      path: '/pods/',
      times: 1,
      effect: { kind: 'DelayAfter', ms: 2_500 },
    });
    const first = start();
    await scene.create('orphaned', H100);
    await scene.untilTrue('the machine', () => scene.simulator.ledger.entries().length === 1);
    await first.stop('SIGKILL');
    expect((await scene.find('orphaned'))?.status.podId).toBeUndefined();
    start();
    await expectOneInstance('orphaned');
    expect(posts()).toBe(1);
  });

  it('waits for a create request that arrives after the kill', async () => {
    scene.simulator.faults.add({
      method: 'POST',
      path: '/pods/',
      times: 1,
      effect: { kind: 'DelayBefore', ms: 2_500 },
    });
    const first = start();
    await scene.create('late', H100);
    await scene.untilTrue('the create request', () => posts() === 1);
    await first.stop('SIGKILL');
    expect(scene.simulator.ledger.entries()).toEqual([]);
    start();
    await expectOneInstance('late');
    expect(posts()).toBe(1);
  });

  it('releases the GpuPod only when the instance is terminated', async () => {
    scene.simulator.settings.deletingMs = 3_000;
    const first = start();
    await scene.create('ending', H100);
    await scene.untilReady('ending');
    await scene.delete('ending');
    await scene.untilTrue('the DELETE', () => scene.simulator.ledger.deletes.length === 1);
    await first.stop('SIGKILL');
    start();
    await scene.untilGone('ending');
    expect(scene.simulator.ledger.live()).toEqual([]);
  });
});
