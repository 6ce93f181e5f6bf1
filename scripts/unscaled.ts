import { systemClock } from '../src/clock.ts';
import { openBench } from '../test/support/bench.ts';
import { conditionText } from '../test/support/scene.ts';
import { until } from '../test/support/until.ts';
import { openStage } from '../test/faults/support/stage.ts';
import type { Stage } from '../test/faults/support/stage.ts';

/**
 * `npm run test:unscaled`: one life with production timings, about a quarter of an hour. The fault tests scale all
 * times, so this run shows that the real ones fit together too. Prints how long each step took. Fails if a step never
 * ends, or if the ledger of the provider shows a violation.
 */

const LIMIT_MS = 20 * 60_000;
/** So many inventories include a sweep. */
const SWEEPS = 2;
const H100 = { gpu: { types: ['H100_80GB'] }, maxPrice: 3 };

async function waitFor(stage: Stage, what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const beganMs = systemClock.monotonicMs();
  await until(
    what,
    async () => ((await isSo()) ? true : undefined),
    () => JSON.stringify(stage.scene.simulator.requests.counts()),
    LIMIT_MS,
  );
  console.log(`${String(Math.round((systemClock.monotonicMs() - beganMs) / 1_000)).padStart(5)} s  ${what}`);
}

async function isReady({ scene }: Stage, name: string): Promise<boolean> {
  const gpuPod = await scene.find(name);
  return gpuPod !== undefined && conditionText(gpuPod, 'Ready').startsWith('True ');
}

async function live(stage: Stage): Promise<void> {
  const { scene, toProvider, proxy } = stage;
  const first = stage.startUnscaled();
  await scene.create('calm', H100);
  await waitFor(stage, 'applied → Ready', async () => await isReady(stage, 'calm'));

  proxy.watches.freeze();
  await scene.create('unseen', H100);
  await waitFor(stage, 'a half-open watch is replaced, and the GpuPod that it hid is Ready', async () =>
    isReady(stage, 'unseen'),
  );

  const silenced = toProvider.silenceAt('POST /api/v1/pods', 'delivered');
  await scene.create('found', H100);
  await silenced;
  await waitFor(
    stage,
    'the instance is created, and the create response is lost',
    () => stage.createdInstanceCount() === 3,
  );
  await first.stop('SIGKILL');
  const second = stage.startUnscaled();
  await waitFor(stage, 'after a kill the next process leads and adopts the instance, Ready', async () =>
    isReady(stage, 'found'),
  );

  const lost = toProvider.silenceAt('POST /api/v1/pods', 'lost');
  await scene.create('lost', H100);
  await lost;
  await second.stop('SIGKILL');
  stage.startUnscaled();
  await waitFor(
    stage,
    'after a kill and a lost create request, absence is proven, and attempt 2 is Ready',
    async () => isReady(stage, 'lost'),
  );

  for (const name of ['calm', 'unseen', 'found']) await scene.delete(name);
  await waitFor(stage, 'three GpuPods are deleted', async () => {
    const left = await Promise.all(['calm', 'unseen', 'found'].map(async (name) => await scene.find(name)));
    return left.every((gpuPod) => gpuPod === undefined);
  });
  await silence(stage);
}

/** Shows that nothing is written at rest, over some sweeps. */
async function silence(stage: Stage): Promise<void> {
  const lists = (): number => stage.scene.simulator.requests.count({ method: 'GET', path: '/pods/' });
  const [before, writes] = [lists(), stage.evidence.writes().length];
  await waitFor(stage, `${SWEEPS} sweeps`, () => lists() >= before + SWEEPS);
  console.log(`${stage.evidence.writes().length - writes} writes at rest`);
}

const bench = await openBench();
try {
  const stage = await openStage(bench, {
    simulator: { settings: { provisioningMs: 20_000, installingMs: 10_000, deletingMs: 5_000 } },
  });
  try {
    await live(stage);
    const violations = await stage.verdict();
    console.log(violations.length === 0 ? 'no violations' : violations.join('\n'));
    process.exitCode = violations.length === 0 ? 0 : 1;
  } finally {
    await stage.stop();
  }
} finally {
  await bench.close();
}
