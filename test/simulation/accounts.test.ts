import { describe, expect, it, jest } from '@jest/globals';
import { AccountScene } from './account-scene.ts';
import type { FaultPlan } from './boundary.ts';
import { withoutFinalizers, withSpec } from './edits.ts';
import { messageOf, statusOf } from './readings.ts';

jest.setTimeout(5 * 60_000);

const MINUTE_MS = 60_000;

describe('teams with accounts of their own', () => {
  it('pay each for their own instances, and the operator pays for nobody else', async () => {
    const scene = new AccountScene();
    scene.addAccount('team-a', 'key-of-a');
    scene.addAccount('team-b', 'key-of-b');
    await scene.start();
    scene.apply('team-a');
    scene.apply('team-b');
    scene.apply('team-c');
    for (const namespace of ['team-a', 'team-b', 'team-c']) await scene.untilReady(namespace);
    expect(scene.payersOf('team-a')).toEqual(['user_a']);
    expect(scene.payersOf('team-b')).toEqual(['user_b']);
    expect(scene.payersOf('team-c')).toEqual(['user_1']);
    expect(statusOf(scene.held('team-a'))['account']).toEqual({
      kind: 'GpuAccount',
      name: 'default',
      origin: 'https://provider.test',
      userId: 'user_a',
    });
    expect(statusOf(scene.held('team-c'))['account']).toEqual({
      origin: 'https://provider.test',
      userId: 'user_1',
    });
    await scene.simulation.pass(MINUTE_MS);
    expect(statusOf(scene.account('team-a'))).toMatchObject({
      observedGeneration: 1,
      userId: 'user_a',
      instances: 1,
      gpus: 1,
      pricePerHour: expect.any(Number),
      conditions: [{ type: 'Ready', status: 'True', reason: 'KeyAccepted' }],
    });
    for (const namespace of ['team-a', 'team-b']) {
      scene.simulation.server.delete('gpupods', { namespace, name: 'train-1' }, 'person');
    }
    await scene.simulation.until(
      'both are gone',
      () => scene.gpuPod('team-a') === undefined && scene.gpuPod('team-b') === undefined,
    );
    expect(scene.payersOf('team-a')).toEqual([]);
    await scene.simulation.pass(MINUTE_MS);
    expect(statusOf(scene.account('team-a'))).toMatchObject({ instances: 0, pricePerHour: 0 });
    expect(scene.simulation.journal.violations).toEqual([]);
  });
});

describe('a GpuPod without an account that may pay', () => {
  it('says that its namespace cannot be read, where a default of the cluster could pay', async () => {
    const scene = new AccountScene();
    scene.addClusterAccount('ml', 'key-of-a', { namespaceSelector: {}, isDefault: true });
    await scene.start();
    scene.apply('team-c');
    await scene.untilSynced('team-c', 'AccountNotFound', 5 * MINUTE_MS);
    expect(messageOf(scene.gpuPod('team-c'), 'Synced')).toContain(
      'let the operator list and watch namespaces',
    );
    expect(scene.payersOf('team-c')).toEqual([]);
  });

  const forTeamA = { namespaceSelector: { matchLabels: { team: 'team-a' } } };

  it.each<{
    name: string;
    arrange: (scene: AccountScene) => void;
    spec?: object;
    reason: string;
    says: string;
  }>([
    {
      name: 'that names an account that does not exist',
      arrange: () => undefined,
      spec: { accountRef: { name: 'theirs' } },
      reason: 'AccountNotFound',
      says: 'spec.accountRef: GpuAccount team-b/theirs does not exist. Correct the field, or ask an admin of this namespace',
    },
    {
      name: 'that names the account of another team',
      arrange: (scene) => {
        scene.addAccount('team-a', 'key-of-a', 'theirs');
      },
      spec: { accountRef: { name: 'theirs' } },
      reason: 'AccountNotFound',
      says: 'GpuAccount team-b/theirs',
    },
    {
      name: 'whose namespace the named account does not select',
      arrange: (scene) => {
        scene.addClusterAccount('ml', 'key-of-a', forTeamA);
      },
      spec: { accountRef: { kind: 'ClusterGpuAccount', name: 'ml' } },
      reason: 'NotAllowed',
      says: 'ClusterGpuAccount ml does not select namespace team-b (spec.namespaceSelector). Name another account, or ask a cluster administrator.',
    },
    {
      name: 'whose named account selects nobody',
      arrange: (scene) => {
        scene.addClusterAccount('ml', 'key-of-a', {});
      },
      spec: { accountRef: { kind: 'ClusterGpuAccount', name: 'ml' } },
      reason: 'NotAllowed',
      says: 'does not select namespace team-b',
    },
    {
      name: 'that two defaults select',
      arrange: (scene) => {
        const all = { namespaceSelector: {}, isDefault: true };
        scene.addClusterAccount('ml', 'key-of-a', all);
        scene.addClusterAccount('research', 'key-of-b', all);
      },
      reason: 'AmbiguousAccount',
      says: '(ml, research). Name one in spec.accountRef, or ask a cluster administrator',
    },
    {
      name: 'whose account is suspended',
      arrange: (scene) => {
        scene.addAccount('team-b', 'key-of-b', 'default', { suspend: true });
      },
      reason: 'AccountSuspended',
      says: 'GpuAccount team-b/default is suspended (spec.suspend)',
    },
    {
      name: 'that names a team which is not that of its account',
      arrange: (scene) => {
        scene.addAccount('team-b', 'key-of-a', 'default', { teamId: 'team_a' });
      },
      spec: { teamId: 'team_x' },
      reason: 'NotAllowed',
      says: 'spec.teamId team_x is not the team of GpuAccount team-b/default (its spec.teamId), which pays, nor in its limits.teamIds.',
    },
    {
      name: 'whose account has no usable key',
      arrange: (scene) => {
        scene.addAccount('team-b', 'API_KEY=key-of-b');
      },
      reason: 'CredentialsMissing',
      says: 'Key api-key of Secret team-b/default-key is an assignment (NAME=value): put only the value there.',
    },
  ])('rents nothing, $name, and says who can change it', async ({ arrange, spec = {}, reason, says }) => {
    const scene = new AccountScene();
    arrange(scene);
    await scene.start();
    scene.apply('team-b', spec);
    await scene.untilSynced('team-b', reason, 2 * MINUTE_MS);
    await scene.simulation.pass(5 * MINUTE_MS);
    const object = scene.gpuPod('team-b');
    expect(messageOf(object, 'Synced')).toContain(says);
    expect(scene.payersOf('team-b')).toEqual([]);
    expect(['user_1', 'user_a', 'user_b'].flatMap((user) => scene.changesBy(user))).toEqual([]);
    scene.simulation.server.delete('gpupods', { namespace: 'team-b', name: 'train-1' }, 'person');
    await scene.simulation.until('it is deleted', () => scene.gpuPod('team-b') === undefined, MINUTE_MS);
  });

  it('rents as soon as its namespace is selected', async () => {
    const scene = new AccountScene();
    scene.addClusterAccount('ml', 'key-of-a', {
      namespaceSelector: { matchLabels: { gpus: 'more' } },
      isDefault: true,
    });
    await scene.start();
    scene.apply('team-b', { accountRef: { kind: 'ClusterGpuAccount', name: 'ml' } });
    await scene.untilSynced('team-b', 'NotAllowed', MINUTE_MS);
    scene.simulation.server.edit(
      'namespaces',
      { name: 'team-b' },
      (held) => ({ ...held, metadata: { ...held.metadata, labels: { gpus: 'more' } } }),
      'person',
    );
    await scene.untilReady('team-b');
    expect(scene.payersOf('team-b')).toEqual(['user_a']);
  });
});

describe('the choice of an account', () => {
  it.each<{ name: string; arrange: (scene: AccountScene) => void; spec?: object; payer: string }>([
    {
      name: 'the default ClusterGpuAccount that selects the namespace',
      arrange: (scene) => {
        scene.addClusterAccount('ml', 'key-of-a', { namespaceSelector: {}, isDefault: true });
      },
      payer: 'user_a',
    },
    {
      name: 'the GpuAccount default of the namespace, before a default of the cluster',
      arrange: (scene) => {
        scene.addClusterAccount('ml', 'key-of-a', { namespaceSelector: {}, isDefault: true });
        scene.addAccount('team-b', 'key-of-b');
      },
      payer: 'user_b',
    },
    {
      name: 'the account that the GpuPod names, before all defaults',
      arrange: (scene) => {
        scene.addClusterAccount('ml', 'key-of-a', { namespaceSelector: {} });
        scene.addAccount('team-b', 'key-of-b');
      },
      spec: { accountRef: { kind: 'ClusterGpuAccount', name: 'ml' } },
      payer: 'user_a',
    },
    {
      name: "the operator's own key where no default selects the namespace",
      arrange: (scene) => {
        scene.addClusterAccount('ml', 'key-of-a', {
          namespaceSelector: { matchLabels: { team: 'team-a' } },
          isDefault: true,
        });
      },
      payer: 'user_1',
    },
  ])('falls on $name', async ({ arrange, spec = {}, payer }) => {
    const scene = new AccountScene();
    arrange(scene);
    await scene.start();
    scene.apply('team-b', spec);
    await scene.untilReady('team-b');
    expect(scene.payersOf('team-b')).toEqual([payer]);
    expect(scene.simulation.journal.violations).toEqual([]);
  });

  it('holds while the instance runs, and changes with the next one', async () => {
    const scene = new AccountScene();
    scene.addAccount('team-a', 'key-of-a');
    scene.addAccount('team-a', 'key-of-b', 'second');
    await scene.start();
    scene.apply('team-a');
    await scene.untilReady('team-a');
    expect(() =>
      scene.edit('team-a', withSpec({ accountRef: { kind: 'GpuAccount', name: 'second' } })),
    ).toThrow('accountRef');
    scene.edit('team-a', withSpec({ suspend: true }));
    await scene.simulation.until('it is suspended', () => scene.payersOf('team-a').length === 0);
    await scene.simulation.pass(MINUTE_MS);
    scene.edit('team-a', withSpec({ suspend: false, accountRef: { kind: 'GpuAccount', name: 'second' } }));
    await scene.untilReady('team-a');
    expect(scene.payersOf('team-a')).toEqual(['user_b']);
    expect(statusOf(scene.held('team-a'))['account']).toMatchObject({
      name: 'second',
      userId: 'user_b',
    });
    expect(scene.simulation.journal.violations).toEqual([]);
  });
});

describe('a create request whose outcome is unknown', () => {
  /** The process dies right after it sent the first create request. */
  function dyingAtCreate(): FaultPlan {
    let isDone = false;
    return ({ label }) => {
      if (isDone || label !== 'POST /pods/') return [];
      isDone = true;
      return [{ kind: 'crash', moment: 'sent' }];
    };
  }

  it('is resolved with the account that its intent records, whatever the spec names by then', async () => {
    const scene = new AccountScene({ faultPlan: dyingAtCreate() });
    scene.addAccount('team-a', 'key-of-a');
    scene.addAccount('team-a', 'key-of-b', 'second');
    await scene.start();
    scene.apply('team-a');
    await scene.simulation.until('it is rented', () => scene.payersOf('team-a').length === 1);
    scene.edit('team-a', withSpec({ accountRef: { kind: 'GpuAccount', name: 'second' } }));
    await scene.untilReady('team-a');
    expect(scene.payersOf('team-a')).toEqual(['user_b']);
    const { attempts } = statusOf(scene.held('team-a'));
    expect(attempts).toMatchObject([{ number: 1, ending: 'SpecChanged' }, { number: 2 }]);
    expect(scene.simulation.journal.violations).toEqual([]);
  });

  it('is resolved by its own account, although the account that it named is removed by force and made anew with another key', async () => {
    const scene = new AccountScene({ faultPlan: dyingAtCreate() });
    scene.addAccount('team-a', 'key-of-a');
    await scene.start();
    scene.apply('team-a');
    await scene.simulation.until('it is rented', () => scene.payersOf('team-a').length === 1);
    const { server } = scene.simulation;
    const account = { namespace: 'team-a', name: 'default' };
    server.edit('gpuaccounts', account, withoutFinalizers, 'person');
    server.delete('gpuaccounts', account, 'person');
    scene.addAccount('team-a', 'key-of-b');
    await scene.simulation.pass(30 * MINUTE_MS);
    expect(scene.payersOf('team-a')).toEqual(['user_a']);
    expect(scene.changesBy('user_b')).toEqual([]);
    expect(scene.syncedReason('team-a')).toBe('AccountChanged');
    scene.addAccount('team-a', 'second-key-of-a', 'again');
    await scene.untilReady('team-a');
    expect(scene.payersOf('team-a')).toEqual(['user_a']);
    expect(scene.simulation.journal.violations).toEqual([]);
  });
});
