import { describe, expect, it, jest } from '@jest/globals';
import type { FaultRuleInput } from '../../src/simulator/faults/effect.ts';
import { AccountScene } from './account-scene.ts';
import { isReady } from './readings.ts';

jest.setTimeout(5 * 60_000);

const ORDINARY = ['red', 'green', 'blue', 'white', 'black'] as const;
const NEIGHBOURS = ['hanging', 'revoked', 'limited'] as const;
type Neighbour = (typeof NEIGHBOURS)[number];

/** GpuPods of each ordinary account, and of each neighbour. */
const COUNT = 30;
const COUNT_OF_NEIGHBOUR = 60;
const MAX_GROWTH = 1.2;

const FAULTS: Readonly<Record<Neighbour, FaultRuleInput['effect']>> = {
  hanging: { kind: 'DelayBefore', ms: 24 * 3_600_000 },
  revoked: { kind: 'Answer', status: 401, body: { detail: 'Invalid API key' } },
  limited: { kind: 'TooManyRequests', retryAfter: '30' },
};

/** Each account has a namespace and a user of its own. */
function sceneOf(neighbours: readonly Neighbour[]): AccountScene {
  const names = [...ORDINARY, ...neighbours];
  const scene = new AccountScene({
    isTraced: false,
    provider: {
      provisioningMs: 2_000,
      installingMs: 0,
      accounts: [
        { key: 'test-key', userId: 'user_1' },
        { key: 'other-key', userId: 'user_2' },
        ...names.map((name) => ({ key: `key-of-${name}`, userId: name })),
      ],
    },
    settings: { isRateLimited: true },
  });
  for (const name of names) scene.addAccount(name, `key-of-${name}`);
  return scene;
}

function applyAll(scene: AccountScene, namespace: string, count: number): void {
  for (let at = 0; at < count; at += 1) scene.apply(namespace, {}, `train-${String(at)}`);
}

/** Milliseconds until the last GpuPod of each ordinary account is Ready, next to these neighbours. */
async function timesToReady(neighbours: readonly Neighbour[]): Promise<readonly number[]> {
  const scene = sceneOf(neighbours);
  const { simulation } = scene;
  await scene.start();
  // All keys were good until now.
  await simulation.pass(10_000);
  for (const name of neighbours) simulation.api.faults.add({ userId: name, effect: FAULTS[name] });
  for (const name of neighbours) applyAll(scene, name, COUNT_OF_NEIGHBOUR);
  // By now the neighbours hold whatever they can get hold of.
  await simulation.pass(5_000);
  const beganAtMs = simulation.time.nowMs;
  const lastReadyMs = new Map<string, number>();
  const waiting = new Set(ORDINARY.flatMap((name) => keysOf(name)));
  simulation.server.onChange(({ kind, object }) => {
    const { namespace = '', name } = object.metadata;
    if (kind === 'gpupods' && isReady(object) && waiting.delete(`${namespace}/${name}`)) {
      lastReadyMs.set(namespace, simulation.time.nowMs - beganAtMs);
    }
  });
  for (const name of ORDINARY) applyAll(scene, name, COUNT);
  await simulation.until('all ordinary GpuPods are ready', () => waiting.size === 0);
  expect(simulation.journal.violations).toEqual([]);
  return ORDINARY.map((name) => lastReadyMs.get(name) ?? Infinity);
}

function keysOf(namespace: string): readonly string[] {
  return Array.from({ length: COUNT }, (_, at) => `${namespace}/train-${String(at)}`);
}

/** In virtual time, so each run gives the same numbers. All accounts need slots at the same moment. */
describe('the time to Ready with an account', () => {
  it.each<{ what: string; neighbours: readonly Neighbour[] }>([
    { what: 'whose API hangs', neighbours: ['hanging'] },
    { what: 'whose key was revoked', neighbours: ['revoked'] },
    { what: 'whose requests are answered 429', neighbours: ['limited'] },
    { what: 'of each kind', neighbours: NEIGHBOURS },
  ])('grows by at most a fifth next to one $what', async ({ neighbours }) => {
    const alone = await timesToReady([]);
    const beside = await timesToReady(neighbours);
    const growth = beside.map((ms, at) => ms / (alone[at] ?? 0));
    expect(Math.max(...growth)).toBeLessThanOrEqual(MAX_GROWTH);
  });
});
