import { describe, expect, it, jest } from '@jest/globals';
import type { GpuPodSpecInput } from '../../src/api/gpupod/spec.ts';
import { ANNOTATIONS } from '../../src/api/common/names.ts';
import type { RawObject } from '../../src/kubernetes/objects.ts';
import { AccountScene } from './account-scene.ts';
import { withSpec } from './edits.ts';
import { isReady, messageOf, podIdOf, reasonOf, statusOf } from './readings.ts';
import { slowPatches } from './slow-patches.ts';

jest.setTimeout(5 * 60_000);

const MINUTE_MS = 60_000;
/** More than may hold a slot for create requests at once. */
const CROWD = 90;
const ML = { kind: 'ClusterGpuAccount', name: 'ml' } as const;
const SELECTED = { namespaceSelector: { matchLabels: { gpus: 'yes' } }, isDefault: true };
/** A change is seen by then, and whatever left before has arrived. */
const SEEN_MS = 100;
const SLOW_WRITE_MS = 3_000;

interface Change {
  readonly what: string;
  readonly act: (scene: AccountScene) => void;
  /** What a waiting GpuPod then says: the type of a condition, its reason, and a part of its message. */
  readonly says: readonly [type: string, reason: string, part: string];
}

function editing(change: Record<string, unknown>): Change['act'] {
  return ({ simulation }) => {
    simulation.server.edit('clustergpuaccounts', { name: ML.name }, withSpec(change), 'person');
  };
}

const CHANGES: readonly Change[] = [
  {
    what: 'is suspended',
    act: editing({ suspend: true }),
    says: ['Synced', 'AccountSuspended', 'ClusterGpuAccount ml is suspended'],
  },
  {
    what: 'gets a lower limit of instances',
    act: editing({ limits: { maxInstances: 1 } }),
    says: ['Ready', 'Pending', 'limits.maxInstances of ClusterGpuAccount ml'],
  },
  {
    what: 'gets another list of GPU types',
    act: editing({ limits: { gpuTypes: ['A100_80GB'] } }),
    says: ['OfferSelected', 'NoMatchingOffer', 'none fits the spec'],
  },
  {
    what: 'no longer selects the namespace',
    act: editing({ namespaceSelector: { matchLabels: { gpus: 'no' } } }),
    says: ['Synced', 'NotAllowed', 'does not select namespace team-a'],
  },
  {
    what: 'is deleted',
    act: ({ simulation }) => {
      simulation.server.delete('clustergpuaccounts', { name: ML.name }, 'person');
    },
    says: ['Synced', 'AccountSuspended', 'ClusterGpuAccount ml is being deleted'],
  },
  {
    what: 'is lost by the namespace, whose labels change',
    act: ({ simulation }) => {
      const unlabelled = (held: RawObject): RawObject => ({
        ...held,
        metadata: { ...held.metadata, labels: {} },
      });
      simulation.server.edit('namespaces', { name: 'team-a' }, unlabelled, 'person');
    },
    says: ['Synced', 'NotAllowed', 'does not select namespace team-a'],
  },
];

/** Somebody removes the finalizer of an account in use as well. */
const VANISHED: Change = {
  what: 'vanishes',
  act: ({ simulation }) => {
    const bare = (held: RawObject): RawObject => ({
      ...held,
      metadata: { ...held.metadata, finalizers: [] },
    });
    simulation.server.edit('clustergpuaccounts', { name: ML.name }, bare, 'person');
    simulation.server.delete('clustergpuaccounts', { name: ML.name }, 'person');
  },
  says: ['Synced', 'AccountNotFound', 'ClusterGpuAccount ml does not exist'],
};

/** The account is in use from the beginning, so that it carries the operator's finalizer. */
async function start(scene: AccountScene): Promise<AccountScene> {
  scene.addClusterAccount(ML.name, 'key-of-b', { ...SELECTED, limits: { maxInstances: 1_000 } });
  await scene.start();
  await scene.simulation.pass(10_000);
  applyTo(scene, ['first']);
  await scene.untilReady('team-a', 'first');
  await scene.simulation.pass(5_000);
  return scene;
}

/** All GpuPods name the account, so that no other one pays in its place. */
function applyTo(scene: AccountScene, names: readonly string[]): void {
  for (const name of names) scene.apply('team-a', { accountRef: ML }, name);
}

function creates({ simulation }: AccountScene): number {
  return simulation.api.requests.count({ method: 'POST', path: '/pods/' });
}

function intents({ simulation }: AccountScene): number {
  const written = ({ metadata }: RawObject): boolean =>
    metadata.annotations?.[ANNOTATIONS.intent] !== undefined;
  return simulation.objects().filter(written).length;
}

function waiting({ simulation }: AccountScene): readonly RawObject[] {
  return simulation.objects().filter((object) => podIdOf(object) === undefined);
}

function expectToSay(object: RawObject | undefined, [type, reason, part]: Change['says']): void {
  if (object === undefined) throw new Error('there is no such GpuPod');
  expect(reasonOf(object, type)).toContain(reason);
  expect(messageOf(object, type)).toContain(part);
}

describe('create requests that wait for their turn', () => {
  it.each([
    ...CHANGES.map((change) => ({ ...change, concurrency: 20 })),
    ...CHANGES.slice(0, 2).map((change) => ({ ...change, concurrency: 200 })),
  ])(
    'do not leave once their account $what (concurrency $concurrency), and no create intent is written',
    async ({ act, says, concurrency }) => {
      const scene = await start(
        new AccountScene({ isTraced: false, settings: { isRateLimited: true, concurrency } }),
      );
      const { simulation } = scene;
      applyTo(
        scene,
        Array.from({ length: CROWD }, (_, index) => `train-${String(index)}`),
      );
      await simulation.until('some are rented', () => scene.payersOf('team-a').length >= 4);

      act(scene);
      await simulation.pass(SEEN_MS);
      const left = creates(scene);
      const written = intents(scene);
      await simulation.pass(3 * MINUTE_MS);
      expect(creates(scene)).toBe(left);
      expect(intents(scene)).toBe(written);
      expect(left).toBeLessThan(CROWD / 2);
      expect(waiting(scene)).toHaveLength(1 + CROWD - left);
      for (const object of waiting(scene)) expectToSay(object, says);

      const { writes } = simulation;
      await simulation.pass(5 * MINUTE_MS);
      expect(simulation.writes).toBe(writes);
      expect(creates(scene)).toBe(left);
      expect(simulation.journal.violations).toEqual([]);
    },
  );

  it('leave once their account is resumed', async () => {
    const scene = await start(
      new AccountScene({ isTraced: false, settings: { isRateLimited: true, concurrency: 20 } }),
    );
    const { simulation } = scene;
    applyTo(
      scene,
      Array.from({ length: CROWD }, (_, index) => `train-${String(index)}`),
    );
    await simulation.until('some are rented', () => scene.payersOf('team-a').length >= 4);
    editing({ suspend: true })(scene);
    await simulation.pass(MINUTE_MS);

    editing({ suspend: false })(scene);
    await simulation.until('all are ready', () => simulation.objects().every(isReady), 10 * MINUTE_MS);
    expect(creates(scene)).toBe(1 + CROWD);
    expect(simulation.journal.violations).toEqual([]);
  });
});

describe('a create request whose intent is being written', () => {
  async function sceneWhileWriting(
    spec: Partial<GpuPodSpecInput> = { accountRef: ML },
  ): Promise<AccountScene> {
    const scene: AccountScene = new AccountScene({
      isTraced: false,
      plant: {
        ports: slowPatches(
          () => scene.simulation,
          (name) => (name === 'slow' ? SLOW_WRITE_MS : 0),
        ),
      },
    });
    await start(scene);
    scene.apply('team-a', spec, 'slow');
    await scene.simulation.pass(SLOW_WRITE_MS / 2);
    return scene;
  }

  it.each([...CHANGES, VANISHED])(
    'does not leave once its account $what, and says so',
    async ({ act, says }) => {
      const scene = await sceneWhileWriting();
      const { simulation } = scene;
      act(scene);
      await simulation.pass(2 * MINUTE_MS);
      expect(scene.gpuPod('team-a', 'slow')?.metadata.annotations).toHaveProperty([ANNOTATIONS.intent]);
      expect(creates(scene)).toBe(1);
      expectToSay(scene.gpuPod('team-a', 'slow'), says);

      const { writes } = simulation;
      await simulation.pass(5 * MINUTE_MS);
      expect(simulation.writes).toBe(writes);
      expect(simulation.journal.violations).toEqual([]);
    },
  );

  it.each([...CHANGES, VANISHED].filter(({ says: [, reason] }) => /Account|NotAllowed/.test(reason)))(
    'is closed as not created once its account $what',
    async ({ act }) => {
      const scene = await sceneWhileWriting();
      act(scene);
      await scene.simulation.pass(2 * MINUTE_MS);
      const slow = scene.gpuPod('team-a', 'slow');
      expect(slow === undefined ? undefined : statusOf(slow)['attempts']).toEqual([
        expect.objectContaining({ number: 1, outcome: 'NotCreated' }),
      ]);
    },
  );

  it('leaves with the key of the account that has become the default, and with no other', async () => {
    const scene = await sceneWhileWriting({});
    scene.addAccount('team-a', 'key-of-a');
    await scene.simulation.until('it is created', () => creates(scene) === 2, 5 * MINUTE_MS);
    expect(scene.payersOf('team-a').toSorted()).toEqual(['user_a', 'user_b']);
    expect(scene.changesBy('user_a')).toEqual(['POST /pods/']);
    await scene.untilReady('team-a', 'slow');
    expect(scene.simulation.journal.violations).toEqual([]);
  });

  it('leaves after a change that does not concern what the account allows', async () => {
    const scene = await sceneWhileWriting();
    editing({ isDefault: false })(scene);
    await scene.simulation.until('it is created', () => creates(scene) === 2, MINUTE_MS);
    await scene.untilReady('team-a', 'slow');
    expect(scene.simulation.journal.violations).toEqual([]);
  });
});
