import { describe, expect, it, jest } from '@jest/globals';
import { ANNOTATIONS } from '../../src/api/common/names.ts';
import { podName } from '../../src/lifecycle/pod-name.ts';
import { OPEN_POLICY } from '../support/builders/policy.ts';
import { AccountScene } from './account-scene.ts';
import { withAnnotations, withStatus } from './edits.ts';
import { isReady, podIdOf } from './readings.ts';
import { INSTALLATION } from './shared-provider.ts';

jest.setTimeout(5 * 60_000);

const MINUTE_MS = 60_000;
const MAX_TOTAL_MICROS = 100_000_000;
const HUGE = { currency: 'USD', pricePerHour: 100_000, billedPerHour: 100_000 };

/** ClusterGpuAccount ml, of user_b, serves both namespaces with these limits. */
async function sceneWithMl(limits: object): Promise<AccountScene> {
  const scene = new AccountScene({
    settings: { policy: { ...OPEN_POLICY, maxTotalPricePerHour: MAX_TOTAL_MICROS } },
  });
  const namespaceSelector = { matchLabels: { gpus: 'yes' } };
  scene.addClusterAccount('ml', 'key-of-b', { namespaceSelector, isDefault: true, limits });
  await scene.start();
  await scene.simulation.pass(5 * MINUTE_MS);
  return scene;
}

function pause(scene: AccountScene, name: string): void {
  scene.edit(
    'team-a',
    (held) => withAnnotations(held, { ...held.metadata.annotations, [ANNOTATIONS.paused]: 'true' }),
    name,
  );
}

/** The most instances of the namespace that bill at once, while somebody repeats an edit of the status. */
async function mostWhile(scene: AccountScene, status: Record<string, unknown>): Promise<number> {
  let most = 0;
  for (let passes = 0; passes < 600; passes += 1) {
    scene.edit('team-a', withStatus(status));
    await scene.simulation.pass(1_000);
    most = Math.max(most, scene.payersOf('team-a').length);
  }
  return most;
}

describe('a tenant who edits the status of a GpuPod with an instance', () => {
  it.each<{ what: string; edit: (podId: string | undefined) => Record<string, unknown> }>([
    {
      what: 'another account',
      edit: () => ({ account: { kind: 'GpuAccount', name: 'mine', userId: 'user_b' } }),
    },
    { what: 'the end of the instance', edit: () => ({ terminatedAt: '2026-11-23T10:00:00Z' }) },
    {
      what: 'the end of its attempt',
      edit: (podId) => ({
        attempts: [
          { number: 1, podId, outcome: 'Ended' },
          { number: 2, podId },
        ],
      }),
    },
  ])('makes no room under the limit of the account: $what', async ({ edit }) => {
    const scene = await sceneWithMl({ maxInstances: 1 });
    scene.apply('team-a');
    await scene.untilReady('team-a');
    pause(scene, 'train-1');
    scene.apply('team-a', {}, 'second');
    expect(await mostWhile(scene, edit(podIdOf(scene.gpuPod('team-a'))))).toBe(1);
  });
});

describe('a tenant who writes figures into a status', () => {
  const LIMITS = { maxPricePerHour: 100, maxInstances: 5, maxGpus: 20 };
  const ACCOUNT = { kind: 'ClusterGpuAccount', name: 'ml', userId: 'user_b' };

  async function expectOthersToRent(scene: AccountScene): Promise<void> {
    await scene.simulation.pass(20 * MINUTE_MS);
    scene.apply('team-b');
    await scene.simulation.pass(5 * MINUTE_MS);
    expect(isReady(scene.held('team-b'))).toBe(true);
  }

  it.each([{ isPaused: true }, { isPaused: false }])(
    'holds up nobody else with an instance that does not exist, paused: $isPaused',
    async ({ isPaused }) => {
      const scene = await sceneWithMl(LIMITS);
      scene.apply('team-a', { suspend: true });
      await scene.simulation.pass(10_000);
      const { uid } = scene.held('team-a').metadata;
      const name = podName(INSTALLATION, { namespace: 'team-a', name: 'train-1', uid }, 1);
      if (isPaused) pause(scene, 'train-1');
      const made = { podId: 'made-up', podName: name, account: ACCOUNT, cost: HUGE, offer: { gpuCount: 64 } };
      scene.edit('team-a', withStatus(made));
      await expectOthersToRent(scene);
    },
  );

  it.each([
    { what: 'price', figures: { cost: HUGE } },
    { what: 'number of GPUs', figures: { offer: { gpuCount: 64 } } },
    {
      what: 'prepaid hours',
      figures: { offer: { prepaidHours: 9_999 }, createdAt: '2026-11-23T10:05:00Z' },
    },
  ])('holds up nobody else with another $what of its own instance', async ({ figures }) => {
    const scene = await sceneWithMl(LIMITS);
    scene.apply('team-a');
    await scene.untilReady('team-a');
    pause(scene, 'train-1');
    scene.edit('team-a', withStatus(figures));
    await expectOthersToRent(scene);
  });
});
