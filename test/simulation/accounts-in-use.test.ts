import { describe, expect, it, jest } from '@jest/globals';
import { ANNOTATIONS, IN_USE_FINALIZER } from '../../src/api/common/names.ts';
import { ApiStatusError } from '../../src/kubernetes/client/api-errors.ts';
import { AccountScene } from './account-scene.ts';
import type { CallFault } from './boundary.ts';
import { withSpec } from './edits.ts';
import { messageOf, reasonOf, statusOf } from './readings.ts';

jest.setTimeout(5 * 60_000);

const MINUTE_MS = 60_000;
const NAMES = ['train-1', 'train-2', 'train-3'];
const SECRET = { namespace: 'team-a', name: 'default-key' };
const ACCOUNT = { namespace: 'team-a', name: 'default' };

async function sceneWithThree(spec: Record<string, unknown> = {}): Promise<AccountScene> {
  const scene = new AccountScene();
  scene.addAccount('team-a', 'key-of-a', 'default', spec);
  await scene.start();
  for (const name of NAMES) scene.apply('team-a', {}, name);
  for (const name of NAMES) await scene.untilReady('team-a', name);
  await scene.simulation.pass(5_000);
  return scene;
}

function finalizersOf(scene: AccountScene): readonly (readonly string[])[] {
  const { server } = scene.simulation;
  return [server.get('gpuaccounts', ACCOUNT), server.get('secrets', SECRET)].map(
    (object) => object?.metadata.finalizers ?? [],
  );
}

function intentOf(scene: AccountScene): string | undefined {
  const found = NAMES.map((name) => scene.gpuPod('team-a', name)?.metadata.annotations?.[ANNOTATIONS.intent]);
  return found.find((text) => text !== undefined);
}

function isEmpty(scene: AccountScene): boolean {
  const { server } = scene.simulation;
  const kinds = ['gpupods', 'gpuaccounts', 'secrets'] as const;
  return kinds.every((kind) => server.list(kind).every(({ metadata }) => metadata.namespace !== 'team-a'));
}

describe('a namespace that is deleted with its account, its Secret and its GpuPods', () => {
  it.each<{ name: string; meanwhile: (scene: AccountScene) => void }>([
    { name: 'while the operator runs', meanwhile: () => undefined },
    {
      name: 'while the operator dies and starts again',
      meanwhile: (scene) => {
        scene.simulation.operator.kill();
      },
    },
  ])('terminates every instance, and is empty by itself, $name', async ({ meanwhile }) => {
    const scene = await sceneWithThree();
    scene.simulation.server.deleteNamespace('team-a');
    meanwhile(scene);
    await scene.simulation.until('it is empty', () => isEmpty(scene), 15 * MINUTE_MS);
    expect(scene.payersOf('team-a')).toEqual([]);
    expect(scene.simulation.journal.violations).toEqual([]);
  });

  it.each([0, 1, 20, 100, 800, 2_000])(
    'leaves no instance that bills, %i ms after the first create intent of the account',
    async (afterMs) => {
      const scene = new AccountScene();
      const { simulation } = scene;
      scene.addAccount('team-a', 'key-of-a');
      await scene.start();
      await simulation.pass(2 * MINUTE_MS);
      simulation.api.faults.add({
        ...{ method: 'POST', path: '/pods/' },
        effect: { kind: 'DelayAfter', ms: 3_000 },
      });
      for (const name of NAMES) scene.apply('team-a', {}, name);
      await simulation.until('an intent', () => intentOf(scene) !== undefined);
      await simulation.pass(afterMs);
      simulation.server.deleteNamespace('team-a');
      await simulation.until('it is empty', () => isEmpty(scene), 15 * MINUTE_MS);
      expect(scene.payersOf('team-a')).toEqual([]);
      expect(simulation.journal.violations).toEqual([]);
    },
  );

  it.each<{ name: string; faults: readonly CallFault[] }>([
    { name: 'fails', faults: [{ kind: 'refuse', error: new ApiStatusError(500, 'InternalError', 'slow') }] },
    {
      name: 'comes too late',
      faults: [{ kind: 'refuse', error: new ApiStatusError(409, 'Conflict', 'old') }],
    },
    { name: 'takes long', faults: [{ kind: 'freeze', moment: 'before', ms: 2_000 }] },
  ])('leaves no instance that bills when the first write to the account $name', async ({ faults }) => {
    let left = 3;
    const scene: AccountScene = new AccountScene({
      faultPlan: ({ label }) => {
        if (label !== 'PATCH gpuaccounts finalizers' || left === 0) return [];
        left -= 1;
        return faults;
      },
    });
    const { simulation } = scene;
    scene.addAccount('team-a', 'key-of-a');
    await scene.start();
    await simulation.pass(2 * MINUTE_MS);
    for (const name of NAMES) scene.apply('team-a', {}, name);
    await simulation.until('an intent', () => intentOf(scene) !== undefined);
    simulation.server.deleteNamespace('team-a');
    await simulation.until('it is empty', () => isEmpty(scene), 15 * MINUTE_MS);
    expect(left).toBe(0);
    expect(scene.payersOf('team-a')).toEqual([]);
    expect(simulation.journal.violations).toEqual([]);
  });

  it('rents all the same where the operator may not write to the account', async () => {
    const forbidden = new ApiStatusError(403, 'Forbidden', 'no rights');
    const scene = new AccountScene({
      faultPlan: ({ label }) =>
        label === 'PATCH gpuaccounts finalizers' ? [{ kind: 'refuse', error: forbidden }] : [],
    });
    scene.addAccount('team-a', 'key-of-a');
    await scene.start();
    scene.apply('team-a', {}, 'train-1');
    await scene.untilReady('team-a', 'train-1');
    expect(finalizersOf(scene)[0]).toEqual([]);
  });

  it('is empty at once where nothing was rented', async () => {
    const scene = new AccountScene();
    scene.addAccount('team-a', 'key-of-a');
    await scene.start();
    await scene.simulation.pass(10_000);
    scene.simulation.server.deleteNamespace('team-a');
    expect(isEmpty(scene)).toBe(true);
  });
});

describe('an account in use', () => {
  it('is kept with its Secret until the last instance has gone, and neither is kept before or after', async () => {
    const scene = await sceneWithThree();
    expect(finalizersOf(scene)).toEqual([[IN_USE_FINALIZER], [IN_USE_FINALIZER]]);
    const { server } = scene.simulation;
    for (const name of NAMES) server.delete('gpupods', { namespace: 'team-a', name }, 'person');
    await scene.simulation.until('all are gone', () => scene.payersOf('team-a').length === 0);
    await scene.simulation.pass(5_000);
    expect(finalizersOf(scene)).toEqual([[], []]);
  });

  it('says that it is being deleted, what holds it, and what that costs, and rents nothing new', async () => {
    const scene = await sceneWithThree();
    const { server } = scene.simulation;
    server.delete('gpuaccounts', ACCOUNT, 'person');
    scene.apply('team-a', {}, 'train-4');
    await scene.simulation.pass(5 * MINUTE_MS);
    expect(reasonOf(scene.account('team-a'), 'Ready')).toBe('Deleting');
    expect(messageOf(scene.account('team-a'), 'Ready')).toMatch(
      /^The account is kept for what GpuPods team-a\/train-1, team-a\/train-2, team-a\/train-3 have rented with it \(\d+\.\d+ USD\/h\)\. Nothing new is rented\./,
    );
    expect(scene.syncedReason('team-a', 'train-4')).toBe('AccountSuspended');
    expect(scene.payersOf('team-a')).toHaveLength(3);
    for (const name of NAMES) server.delete('gpupods', { namespace: 'team-a', name }, 'person');
    await scene.simulation.until(
      'the account is gone',
      () => server.get('gpuaccounts', ACCOUNT) === undefined,
    );
    expect(finalizersOf(scene)).toEqual([[], []]);
    expect(scene.payersOf('team-a')).toEqual([]);
  });

  it.each<{ name: string; change: (scene: AccountScene) => void }>([
    {
      name: 'that is deleted goes',
      change: ({ simulation: { server } }) => {
        server.delete('gpuaccounts', ACCOUNT, 'person');
      },
    },
    {
      name: 'that its GpuPod no longer names, and that is deleted, goes although nothing else is rented',
      change: (scene) => {
        scene.edit('team-a', withSpec({ accountRef: { name: 'second' } }));
        scene.simulation.server.delete('gpuaccounts', ACCOUNT, 'person');
      },
    },
  ])('$name although a create request of it was refused, and would be sent again', async ({ change }) => {
    const scene = new AccountScene();
    scene.addAccount('team-a', 'key-of-a');
    scene.addAccount('team-a', 'key-of-b', 'second');
    await scene.start();
    const empty = { kind: 'Answer', status: 402, body: { detail: 'Insufficient funds' } } as const;
    scene.simulation.api.faults.add({ method: 'POST', path: '/pods/', effect: empty });
    scene.apply('team-a', { accountRef: { name: 'default' } });
    await scene.untilSynced('team-a', 'PaymentRequired', 5 * MINUTE_MS);
    await scene.simulation.pass(5_000);
    expect(scene.account('team-a').metadata.finalizers).toEqual([IN_USE_FINALIZER]);
    change(scene);
    const { server } = scene.simulation;
    await scene.simulation.until(
      'the account is gone',
      () => server.get('gpuaccounts', ACCOUNT) === undefined,
      5 * MINUTE_MS,
    );
    expect(statusOf(scene.held('team-a'))['attempts']).toMatchObject([{ number: 1, outcome: 'NotCreated' }]);
    expect(scene.simulation.journal.violations).toEqual([]);
  });

  it('leaves the Secret alone with spec.protectSecret=false', async () => {
    const scene = await sceneWithThree({ protectSecret: false });
    expect(finalizersOf(scene)).toEqual([[IN_USE_FINALIZER], []]);
  });

  it('gives up the Secret that it no longer names, over a restart, and takes the new one', async () => {
    const scene = await sceneWithThree();
    scene.writeSecret('team-a', 'other-key', 'second-key-of-a');
    scene.simulation.server.edit(
      'gpuaccounts',
      ACCOUNT,
      (held) => ({ ...held, spec: { apiKeySecretRef: { name: 'other-key', key: 'api-key' } } }),
      'person',
    );
    await scene.simulation.pass(10_000);
    const other = scene.simulation.server.get('secrets', { namespace: 'team-a', name: 'other-key' });
    expect(finalizersOf(scene)).toEqual([[IN_USE_FINALIZER], []]);
    expect(other?.metadata.finalizers).toEqual([IN_USE_FINALIZER]);
  });

  it('gives up the Secret that it no longer names although no operator ran at the time', async () => {
    const scene = await sceneWithThree();
    scene.simulation.operator.kill();
    scene.writeSecret('team-a', 'other-key', 'second-key-of-a');
    scene.simulation.server.edit(
      'gpuaccounts',
      ACCOUNT,
      (held) => ({ ...held, spec: { apiKeySecretRef: { name: 'other-key', key: 'api-key' } } }),
      'person',
    );
    await scene.simulation.pass(2 * MINUTE_MS);
    const other = scene.simulation.server.get('secrets', { namespace: 'team-a', name: 'other-key' });
    expect(finalizersOf(scene)).toEqual([[IN_USE_FINALIZER], []]);
    expect(other?.metadata.finalizers).toEqual([IN_USE_FINALIZER]);
  });

  it('gives up a Secret only when no other account needs it', async () => {
    const scene = await sceneWithThree();
    const { server } = scene.simulation;
    const spec = { apiKeySecretRef: { name: 'default-key', key: 'api-key' } };
    server.create('gpuaccounts', 'team-a', { metadata: { name: 'second' }, spec }, 'person');
    scene.apply('team-a', { accountRef: { name: 'second' } }, 'of-second');
    await scene.untilReady('team-a', 'of-second');
    server.delete('gpupods', { namespace: 'team-a', name: 'of-second' }, 'person');
    await scene.simulation.until('it is gone', () => scene.gpuPod('team-a', 'of-second') === undefined);
    await scene.simulation.pass(10_000);
    expect(finalizersOf(scene)).toEqual([[IN_USE_FINALIZER], [IN_USE_FINALIZER]]);
  });
});
