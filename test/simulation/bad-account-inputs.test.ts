import { describe, expect, it, jest } from '@jest/globals';
import type { ConditionType } from '../../src/api/gpupod/conditions.ts';
import type { GpuPodSpecInput } from '../../src/api/gpupod/spec.ts';
import { AccountScene } from './account-scene.ts';
import { messageOf, reasonOf } from './readings.ts';

jest.setTimeout(5 * 60_000);

const MINUTE_MS = 60_000;
const ALL = { namespaceSelector: {}, isDefault: true };
const OF_ML = { kind: 'ClusterGpuAccount', name: 'ml' } as const;

interface BadInput {
  readonly name: string;
  readonly spec?: Partial<GpuPodSpecInput>;
  readonly prepare: (scene: AccountScene) => void;
  /** After an instance of team-a is ready. */
  readonly then?: (scene: AccountScene) => void;
  readonly of?: { readonly namespace: string; readonly condition: ConditionType };
  readonly reason: string;
  /** The field that is wrong. */
  readonly field: string;
  /** Who can change it, besides who wrote the GpuPod. */
  readonly person: string;
  /** Whether an instance of team-a runs all the same. */
  readonly rents?: boolean;
}

const BAD_INPUTS: readonly BadInput[] = [
  {
    name: 'an account of the namespace that does not exist',
    prepare: () => undefined,
    spec: { accountRef: { name: 'gone' } },
    reason: 'AccountNotFound',
    field: 'spec.accountRef: GpuAccount team-a/gone does not exist',
    person: 'an admin of this namespace',
  },
  {
    name: 'an account of the cluster that does not exist',
    prepare: () => undefined,
    spec: { accountRef: OF_ML },
    reason: 'AccountNotFound',
    field: 'spec.accountRef: ClusterGpuAccount ml does not exist',
    person: 'a cluster administrator',
  },
  {
    name: 'an account that does not select the namespace',
    prepare: (scene) => {
      scene.addClusterAccount('ml', 'key-of-a', { namespaceSelector: { matchLabels: { team: 'team-b' } } });
    },
    spec: { accountRef: OF_ML },
    reason: 'NotAllowed',
    field: 'spec.namespaceSelector',
    person: 'a cluster administrator',
  },
  {
    name: 'two defaults for one namespace',
    prepare: (scene) => {
      scene.addClusterAccount('ml', 'key-of-a', ALL);
      scene.addClusterAccount('web', 'key-of-b', ALL);
    },
    reason: 'AmbiguousAccount',
    field: '(ml, web). Name one in spec.accountRef',
    person: 'a cluster administrator to leave one with spec.isDefault',
  },
  {
    name: 'a suspended account',
    prepare: (scene) => {
      scene.addAccount('team-a', 'key-of-a', 'default', { suspend: true });
    },
    reason: 'AccountSuspended',
    field: 'spec.suspend',
    person: 'an admin of this namespace to resume it',
  },
  {
    name: 'the key of another user, while an instance runs',
    prepare: (scene) => {
      scene.addAccount('team-a', 'key-of-a');
    },
    then: (scene) => {
      scene.writeSecret('team-a', 'default-key', 'key-of-b');
    },
    reason: 'AccountChanged',
    field: 'The API key belongs to account user_b, but instance',
    person: 'Restore the old key',
    rents: true,
  },
  {
    name: 'a team that the account does not list',
    prepare: (scene) => {
      scene.addClusterAccount('ml', 'key-of-a', { ...ALL, limits: { teamIds: ['team_b'] } });
    },
    spec: { teamId: 'team_x' },
    reason: 'NotAllowed',
    field:
      'spec.teamId team_x is not the team of ClusterGpuAccount ml (its spec.teamId), which pays, nor in its limits.teamIds',
    person: 'ask a cluster administrator',
  },
  {
    name: 'a disk that the account does not list',
    prepare: (scene) => {
      scene.addAccount('team-a', 'key-of-a', 'default', { limits: { diskIds: [] } });
    },
    spec: { disks: ['disk-1'] },
    reason: 'NotAllowed',
    field: 'Disk disk-1 of spec.disks is not in limits.diskIds of GpuAccount team-a/default',
    person: 'ask an admin of this namespace',
  },
  {
    name: 'a lifetime above the ceiling, which is cut',
    prepare: (scene) => {
      scene.addClusterAccount('ml', 'key-of-a', { ...ALL, limits: { maxLifetime: '2h' } });
    },
    spec: { maxLifetime: '8h' },
    of: { namespace: 'team-a', condition: 'Expiring' },
    reason: 'Scheduled',
    field: 'limits.maxLifetime of ClusterGpuAccount ml 2h, which cuts spec.maxLifetime 8h',
    person: 'ask a cluster administrator',
    rents: true,
  },
  {
    name: 'a limit below the price of a running instance, which goes on',
    prepare: (scene) => {
      scene.addClusterAccount('ml', 'key-of-a', ALL);
    },
    then: (scene) => {
      scene.simulation.server.edit(
        'clustergpuaccounts',
        { name: 'ml' },
        (held) => ({ ...held, spec: { ...Object(held['spec']), limits: { maxPricePerHour: 1 } } }),
        'person',
      );
      scene.apply('team-b');
    },
    of: { namespace: 'team-b', condition: 'Synced' },
    reason: 'BudgetExceeded',
    field:
      'limits.maxPricePerHour of ClusterGpuAccount ml (1.00 USD/h for all its GpuPods, 1.90 USD/h in use',
    person: 'a cluster administrator raises the limit',
    rents: true,
  },
];

describe('a bad input of accounts', () => {
  it.each(BAD_INPUTS)(
    'is named with its field and who can change it: $name',
    async ({ spec = {}, prepare, then, of, reason, field, person, rents = false }) => {
      const { namespace, condition } = of ?? { namespace: 'team-a', condition: 'Synced' as const };
      const scene = new AccountScene();
      prepare(scene);
      await scene.start();
      await scene.simulation.pass(10_000);
      scene.apply('team-a', spec);
      if (rents) await scene.untilReady('team-a');
      then?.(scene);
      await scene.simulation.until(`${namespace} says ${reason}`, () => {
        const gpuPod = scene.gpuPod(namespace);
        return gpuPod !== undefined && reasonOf(gpuPod, condition) === reason;
      });
      await scene.simulation.pass(10 * MINUTE_MS);
      const message = messageOf(scene.gpuPod(namespace), condition);
      expect(message).toContain(field);
      expect(message).toContain(person);
      expect(scene.payersOf('team-a')).toEqual(rents ? ['user_a'] : []);
    },
  );
});

it('names the annotation on an account whose key belongs to another user by now', async () => {
  const scene = new AccountScene();
  scene.addAccount('team-a', 'key-of-a');
  await scene.start();
  await scene.simulation.pass(10_000);
  scene.writeSecret('team-a', 'default-key', 'key-of-b');
  await scene.simulation.pass(MINUTE_MS);
  const account = scene.account('team-a');
  expect(reasonOf(account, 'Ready')).toBe('AccountChanged');
  expect(messageOf(account, 'Ready')).toContain(
    'set annotation gpupod.dev/accept-user of the account to user_b',
  );
});
