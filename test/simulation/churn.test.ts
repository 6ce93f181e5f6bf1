import { expect, it } from '@jest/globals';
import { createRandomSource } from '../../src/simulator/world/random.ts';
import { plantPod } from '../../src/simulator/world/plant-pod.ts';
import { createRateLimiter } from '../../src/prime/rate-limiter.ts';
import { Boundary } from './boundary.ts';
import { ProcessClock } from './process-clock.ts';
import { makeShared } from './shared-provider.ts';
import { simulatedExchanger } from './simulated-exchanger.ts';
import { simulatedProvider } from './simulated-provider.ts';

const COUNT = 2_000;
const A_SECOND = 5;
const LISTS = 20;
const KEY = { text: 'test-key', version: 1 };

/**
 * Takes lists while five instances a second end at once, none by the operator, and as many appear half a second later.
 *
 * @returns how many lists are complete
 */
async function listDuringChurn(latencyMs: number): Promise<number> {
  const shared = makeShared({ isTraced: false });
  const { time, api } = shared;
  const { pods } = api.world;
  const clock = new ProcessClock(time);
  const boundary = new Boundary({
    ...{ time, clock, trace: shared.trace, process: 'lister', counter: { calls: 0 } },
    faultPlan: () => [],
    latencyMs: { cluster: 0, provider: latencyMs },
    onDeath: () => undefined,
    onFault: () => undefined,
  });
  const exchanger = simulatedExchanger({
    ...{ api, time, boundary },
    onFault: () => undefined,
    onArrival: () => undefined,
  });
  const provider = simulatedProvider(exchanger, clock, KEY, createRateLimiter({ clock }));
  let planted = 0;
  const plant = (): void => {
    planted += 1;
    plantPod(api.world, { name: `churn-${String(planted)}` });
  };
  for (let index = 0; index < COUNT; index += 1) plant();
  const random = createRandomSource(7);
  let isOver = false;
  const everySecond = (act: () => void): void => {
    if (isOver) return;
    for (let count = 0; count < A_SECOND; count += 1) act();
    time.schedule(1_000, () => {
      everySecond(act);
    });
  };
  everySecond(() => {
    const living = pods.live();
    const chosen = living[Math.floor(random.next() * living.length)];
    if (chosen !== undefined) pods.end(chosen.id, 'SpotLoss');
  });
  time.schedule(500, () => {
    everySecond(plant);
  });
  let complete = 0;
  for (let list = 0; list < LISTS; list += 1) {
    const answer = Promise.withResolvers<boolean>();
    let isAnswered = false;
    void provider.listPods([undefined]).then((result) => {
      isAnswered = true;
      answer.resolve(result.kind === 'ok');
    });
    await time.run(600_000, () => isAnswered);
    complete += (await answer.promise) ? 1 : 0;
  }
  isOver = true;
  return complete;
}

it.each([{ latencyMs: 20 }, { latencyMs: 100 }])(
  `completes at least 95 % of the inventories while five of ${String(COUNT)} instances a second end and as many appear ($latencyMs ms each way)`,
  async ({ latencyMs }) => {
    expect((await listDuringChurn(latencyMs)) / LISTS).toBeGreaterThanOrEqual(0.95);
  },
);
