import { describe, expect, it, jest } from '@jest/globals';
import type { GpuPodSpecInput } from '../../src/api/gpupod/spec.ts';
import { recordAt } from '../../src/json.ts';
import { OPEN_POLICY } from '../support/builders/policy.ts';
import { AccountScene } from './account-scene.ts';
import { messageOf, reasonOf, specOf, statusOf } from './readings.ts';

jest.setTimeout(5 * 60_000);

const MINUTE_MS = 60_000;
const ALL = { namespaceSelector: {}, isDefault: true };
const NAMESPACES = ['team-a', 'team-b'];

async function sceneWith(spec: Record<string, unknown>, policy = OPEN_POLICY): Promise<AccountScene> {
  const scene = new AccountScene({ settings: { policy } });
  scene.addClusterAccount('ml', 'key-of-a', { ...ALL, ...spec });
  await scene.start();
  await scene.simulation.pass(10_000);
  return scene;
}

function changeLimits(scene: AccountScene, limits: Record<string, unknown>): void {
  scene.simulation.server.edit(
    'clustergpuaccounts',
    { name: 'ml' },
    (held) => ({
      ...held,
      spec: { ...specOf(held), limits: { ...recordAt(specOf(held), 'limits'), ...limits } },
    }),
    'person',
  );
}

describe('a GpuPod outside the limits of its account', () => {
  it.each<{ name: string; limits: object; spec?: Partial<GpuPodSpecInput>; says: string }>([
    {
      name: 'without maxPrice',
      limits: { requireMaxPrice: true },
      spec: { maxPrice: undefined },
      says: 'spec.maxPrice is required by limits.requireMaxPrice of ClusterGpuAccount ml',
    },
    {
      name: 'that would leave its instance running, which no ClusterGpuAccount allows by itself',
      limits: {},
      spec: { deletionPolicy: 'Retain' },
      says: 'spec.deletionPolicy Retain is forbidden by limits.allowRetain of ClusterGpuAccount ml',
    },
    {
      name: 'that would pay for hours at once',
      limits: {},
      spec: { placement: { allowPrepaid: true } },
      says: 'spec.placement.allowPrepaid is forbidden by limits.allowPrepaid of ClusterGpuAccount ml',
    },
    {
      name: 'that requires spot',
      limits: { allowSpot: false },
      spec: { placement: { spot: 'Require' } },
      says: 'spec.placement.spot Require is forbidden by limits.allowSpot of ClusterGpuAccount ml',
    },
    {
      name: 'that names another team',
      limits: { teamIds: ['team_b'] },
      spec: { teamId: 'team_x' },
      says: 'nor in its limits.teamIds',
    },
    {
      name: 'that names another SSH key',
      limits: { sshKeyIds: [] },
      spec: { sshKeyId: 'key-1' },
      says: 'SSH key key-1 is not in limits.sshKeyIds of ClusterGpuAccount ml',
    },
    {
      name: 'that brings a key where only IDs are allowed',
      limits: { sshKeyIds: ['key-1'] },
      spec: { ssh: { generate: true } },
      says: 'spec.ssh.generate is forbidden by limits.sshKeyIds of ClusterGpuAccount ml: use KeyID.',
    },
    {
      name: 'whose key comes from elsewhere',
      limits: { sshKeySources: ['PublicKey'] },
      spec: { ssh: { keyId: 'key-1' } },
      says: 'spec.ssh.keyId is forbidden by limits.sshKeySources of ClusterGpuAccount ml: use PublicKey.',
    },
    {
      name: 'that attaches the disk of another namespace',
      limits: { diskIds: ['team-b/disk-1'] },
      spec: { disks: ['disk-1'] },
      says: 'Disk disk-1 of spec.disks is not in limits.diskIds of ClusterGpuAccount ml',
    },
    {
      name: 'that uses another template',
      limits: { templateIds: ['mine'] },
      spec: { customTemplateId: 'theirs' },
      says: 'spec.customTemplateId theirs is not in limits.templateIds of ClusterGpuAccount ml',
    },
  ])('rents nothing, and names the field, $name', async ({ limits, spec = {}, says }) => {
    const scene = await sceneWith({ limits });
    scene.apply('team-a', spec);
    await scene.untilSynced('team-a', 'NotAllowed', MINUTE_MS);
    expect(messageOf(scene.gpuPod('team-a'), 'Synced')).toContain(says);
    expect(scene.payersOf('team-a')).toEqual([]);
  });

  it.each<{ name: string; limits: object; reason: string; hint: string }>([
    {
      name: 'price',
      limits: { maxPrice: 0.5 },
      reason: 'AboveAccountMaxPrice',
      hint: 'have limits.maxPrice of ClusterGpuAccount ml raised to ',
    },
    {
      name: 'GPU types',
      limits: { gpuTypes: ['A100_80GB'] },
      reason: 'AccountLimit',
      hint: 'have limits.gpuTypes of ClusterGpuAccount ml changed',
    },
    {
      name: 'upstream providers',
      limits: { upstreamProviders: { allow: ['nobody'] } },
      reason: 'AccountLimit',
      hint: 'have limits.upstreamProviders of ClusterGpuAccount ml changed',
    },
    {
      name: 'security',
      limits: { security: 'community_cloud' },
      reason: 'AccountLimit',
      hint: 'have limits.security of ClusterGpuAccount ml changed',
    },
  ])(
    'has its offers counted as rejected, for its $name, and a hint who can change that',
    async ({ limits, reason, hint }) => {
      const scene = await sceneWith({ limits });
      scene.apply('team-a');
      await scene.simulation.pass(MINUTE_MS);
      const { rejections, hint: said } = statusOf(scene.held('team-a'));
      expect(rejections).toContainEqual(expect.objectContaining({ reason }));
      expect(said).toContain(hint);
      expect(scene.payersOf('team-a')).toEqual([]);
    },
  );
});

describe('limits on sums', () => {
  it.each<{ name: string; limits: object; live: number; perNamespace: number; says: string }>([
    {
      name: 'instances',
      limits: { maxInstances: 2 },
      live: 2,
      perNamespace: 2,
      says: 'limits.maxInstances of ClusterGpuAccount ml (2 instances for all its GpuPods, 2 instances in use',
    },
    {
      name: 'GPUs',
      limits: { maxGpus: 3 },
      live: 3,
      perNamespace: 3,
      says: 'limits.maxGpus of ClusterGpuAccount ml (3 GPUs',
    },
    {
      name: 'the price',
      limits: { maxPricePerHour: 4 },
      live: 2,
      perNamespace: 2,
      says: 'limits.maxPricePerHour of ClusterGpuAccount ml (4.00 USD/h',
    },
    {
      name: 'each namespace',
      limits: { perNamespace: { maxInstances: 1 } },
      live: 2,
      perNamespace: 1,
      says: 'limits.perNamespace.maxInstances of ClusterGpuAccount ml (1 instance for namespace team-',
    },
  ])('hold for $name, however many GpuPods race', async ({ limits, live, perNamespace, says }) => {
    const scene = await sceneWith({ limits });
    let most = 0;
    for (const name of ['one', 'two', 'three']) {
      for (const namespace of NAMESPACES) scene.apply(namespace, {}, name);
    }
    for (let minute = 0; minute < 10; minute += 1) {
      await scene.simulation.pass(MINUTE_MS);
      most = Math.max(most, NAMESPACES.flatMap((namespace) => scene.payersOf(namespace)).length);
      for (const namespace of NAMESPACES) {
        expect(scene.payersOf(namespace).length).toBeLessThanOrEqual(perNamespace);
      }
    }
    expect(most).toBe(live);
    const held = NAMESPACES.flatMap((namespace) =>
      ['one', 'two', 'three'].map((name) => scene.gpuPod(namespace, name)),
    ).filter((object) => object !== undefined && reasonOf(object, 'Synced') === 'BudgetExceeded');
    expect(held).toHaveLength(6 - live);
    expect(messageOf(held[0], 'Synced')).toContain(says);
  });

  it('count what a person retained, and restart with it', async () => {
    const scene = await sceneWith({ limits: { maxInstances: 1, allowRetain: true } });
    scene.apply('team-a', { deletionPolicy: 'Retain' });
    await scene.untilReady('team-a');
    scene.simulation.server.delete('gpupods', { namespace: 'team-a', name: 'train-1' }, 'person');
    await scene.simulation.until('it is retained', () => scene.gpuPod('team-a') === undefined);
    scene.simulation.operator.kill();
    scene.apply('team-b');
    await scene.simulation.pass(20 * MINUTE_MS);
    expect(scene.payersOf('team-b')).toEqual([]);
    expect(scene.syncedReason('team-b')).toBe('BudgetExceeded');
  });

  it('let no interleaving of suspension, deletion, retention and restarts rent more', async () => {
    const scene = await sceneWith({ limits: { maxInstances: 2, allowRetain: true } });
    let seed = 7;
    const random = (below: number): number => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return seed % below;
    };
    const live = (): number => NAMESPACES.flatMap((namespace) => scene.payersOf(namespace)).length;
    for (let round = 0; round < 60; round += 1) {
      const namespace = NAMESPACES[random(2)] ?? 'team-a';
      const name = `p${String(random(3))}`;
      const existing = scene.gpuPod(namespace, name);
      if (existing === undefined) {
        scene.apply(namespace, random(3) === 0 ? { deletionPolicy: 'Retain' } : {}, name);
      } else if (random(2) === 0) {
        scene.simulation.server.delete('gpupods', { namespace, name }, 'person');
      } else if (existing.metadata.deletionTimestamp === undefined) {
        scene.edit(
          namespace,
          (held) => ({ ...held, spec: { ...specOf(held), suspend: random(2) === 0 } }),
          name,
        );
      }
      if (round % 9 === 8) {
        scene.simulation.operator.kill();
        await scene.simulation.pass(MINUTE_MS);
      }
      await scene.simulation.pass(1_000 + random(120_000));
      expect(live()).toBeLessThanOrEqual(2);
    }
    expect(scene.simulation.journal.violations).toEqual([]);
  });
});

describe('an account that forbids Retain after an instance was rented', () => {
  it('is named by the GpuPod, whose deletion then terminates the instance', async () => {
    const scene = await sceneWith({ limits: { allowRetain: true } });
    scene.apply('team-a', { deletionPolicy: 'Retain' });
    await scene.untilReady('team-a');
    changeLimits(scene, { allowRetain: false });
    await scene.untilSynced('team-a', 'NotAllowed', MINUTE_MS);
    expect(messageOf(scene.gpuPod('team-a'), 'Synced')).toBe(
      'spec.deletionPolicy Retain is forbidden by limits.allowRetain of ClusterGpuAccount ml: deleting this GpuPod terminates its instance.',
    );
    scene.simulation.server.delete('gpupods', { namespace: 'team-a', name: 'train-1' }, 'person');
    await scene.simulation.until('it is gone', () => scene.gpuPod('team-a') === undefined);
    expect(scene.payersOf('team-a')).toEqual([]);
  });
});

describe('a limit that is lowered', () => {
  it('terminates nothing that runs, and rents nothing new above it', async () => {
    const scene = await sceneWith({});
    scene.apply('team-a');
    await scene.untilReady('team-a');
    changeLimits(scene, { maxPrice: 0.5, maxInstances: 0, maxPricePerHour: 0.5 });
    scene.apply('team-b');
    await scene.simulation.pass(30 * MINUTE_MS);
    scene.simulation.operator.kill();
    await scene.simulation.pass(30 * MINUTE_MS);
    expect(scene.payersOf('team-a')).toEqual(['user_a']);
    expect(scene.syncedReason('team-a')).toBe('ReconcileSuccess');
    expect(scene.payersOf('team-b')).toEqual([]);
  });

  it('is a ceiling of every lifetime, and says so', async () => {
    const scene = await sceneWith({ limits: { maxLifetime: '1h' } });
    scene.apply('team-a', { maxLifetime: '8h' });
    await scene.untilReady('team-a');
    await scene.simulation.pass(70 * MINUTE_MS);
    expect(scene.payersOf('team-a')).toEqual([]);
    expect(messageOf(scene.gpuPod('team-a'), 'Ready')).toContain(
      'limits.maxLifetime of ClusterGpuAccount ml 1h, which cuts spec.maxLifetime 8h',
    );
  });
});
