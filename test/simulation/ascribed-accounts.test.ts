import { describe, expect, it, jest } from '@jest/globals';
import { ANNOTATIONS } from '../../src/api/common/names.ts';
import type { RawObject } from '../../src/kubernetes/objects.ts';
import { AccountScene } from './account-scene.ts';
import { withAnnotations, withStatus } from './edits.ts';
import { statusOf } from './readings.ts';

jest.setTimeout(5 * 60_000);

const MINUTE_MS = 60_000;

describe('an account whose instance somebody ascribes to another account', () => {
  const OTHER = { kind: 'GpuAccount', name: 'mine', userId: 'user_b' };
  const CLUSTER_ACCOUNT = { name: 'ml' };
  const withoutIntent = (held: RawObject) =>
    withAnnotations(held, { ...held.metadata.annotations, [ANNOTATIONS.intent]: undefined });

  function isThere({ simulation: { server } }: AccountScene): boolean {
    return server.get('clustergpuaccounts', CLUSTER_ACCOUNT) !== undefined;
  }

  function pause(scene: AccountScene, paused: 'true' | undefined): void {
    scene.edit('team-a', (held) =>
      withAnnotations(held, { ...held.metadata.annotations, [ANNOTATIONS.paused]: paused }),
    );
  }

  /** The account pays for the instance of a paused GpuPod, and is being deleted. */
  async function sceneWithDeletedAccount(): Promise<AccountScene> {
    const scene = new AccountScene();
    const spec = { namespaceSelector: { matchLabels: { gpus: 'yes' } }, isDefault: true };
    scene.addClusterAccount('ml', 'key-of-b', spec);
    await scene.start();
    scene.apply('team-a');
    await scene.untilReady('team-a');
    pause(scene, 'true');
    await scene.simulation.pass(10_000);
    return scene;
  }

  it.each<{ name: string; change: (held: RawObject) => RawObject; needsPerson?: true }>([
    { name: 'in the status', change: withStatus({ account: OTHER }) },
    { name: 'in a status without its proof', change: withStatus({ account: OTHER, podIdProof: undefined }) },
    {
      name: 'in a status with another instance, without create intent',
      needsPerson: true,
      change: (held) =>
        withoutIntent(withStatus({ account: OTHER, podId: 'made-up', podIdProof: undefined })(held)),
    },
    {
      name: 'in a status without instance, without create intent',
      change: (held) => withoutIntent(withStatus({ account: OTHER, podId: undefined })(held)),
    },
  ])('is kept, $name, again and again', async ({ change, needsPerson }) => {
    const scene = await sceneWithDeletedAccount();
    const { account, podId } = statusOf(scene.held('team-a'));
    scene.simulation.server.delete('clustergpuaccounts', CLUSTER_ACCOUNT, 'person');
    for (let times = 0; times < 240 && isThere(scene); times += 1) {
      scene.edit('team-a', change);
      await scene.simulation.pass(500);
    }
    expect(isThere(scene)).toBe(true);
    if (needsPerson === true) scene.edit('team-a', withStatus({ account, podId }));
    pause(scene, undefined);
    scene.simulation.server.delete('gpupods', { namespace: 'team-a', name: 'train-1' }, 'person');
    await scene.simulation.until('the account is gone', () => !isThere(scene), 15 * MINUTE_MS);
    expect(scene.payersOf('team-a')).toEqual([]);
  });

  it.each<{ name: string; change: (held: RawObject) => RawObject }>([
    {
      name: 'the proof in the status names it',
      change: (held) => withoutIntent(withStatus({ account: OTHER })(held)),
    },
    {
      name: 'the create intent names it',
      change: withStatus({ account: OTHER, podIdProof: undefined }),
    },
  ])('is kept by the next process, as $name', async ({ change }) => {
    const scene = await sceneWithDeletedAccount();
    scene.simulation.operator.kill();
    scene.edit('team-a', change);
    scene.simulation.server.delete('clustergpuaccounts', CLUSTER_ACCOUNT, 'person');
    await scene.simulation.pass(20 * MINUTE_MS);
    expect(isThere(scene)).toBe(true);
    expect(scene.payersOf('team-a')).toEqual(['user_b']);
  });
});
