import { describe, expect, it, jest } from '@jest/globals';
import { ANNOTATIONS } from '../../src/api/common/names.ts';
import { ApiStatusError } from '../../src/kubernetes/client/api-errors.ts';
import { AccountScene } from './account-scene.ts';
import { withSpec } from './edits.ts';
import { messageOf } from './readings.ts';

jest.setTimeout(5 * 60_000);

const MINUTE_MS = 60_000;
const TARGET = { namespace: 'team-a', name: 'train-1' };

/** Two accounts of team-a: a team pays for the first, and from some moment on the list of that team fails. */
class FailingFormer extends AccountScene {
  mayReadSecrets = true;

  static async create(): Promise<FailingFormer> {
    const error = new ApiStatusError(403, 'Forbidden', 'secrets "default-key" is forbidden');
    const scene: FailingFormer = new FailingFormer({
      settings: { mayWatchSecrets: false },
      faultPlan: ({ label }) =>
        label === 'GET secrets' && !scene.mayReadSecrets ? [{ kind: 'refuse', error }] : [],
    });
    scene.addAccount('team-a', 'key-of-a', 'default', { teamId: 'team_a' });
    scene.addAccount('team-a', 'key-of-b', 'second');
    await scene.start();
    await scene.simulation.pass(MINUTE_MS);
    return scene;
  }

  fail(): void {
    this.simulation.api.faults.add({
      method: 'GET',
      path: '/pods/',
      contains: 'team_a',
      effect: { kind: 'Answer', status: 500, body: { detail: 'x' } },
    });
  }

  async moveWithoutKey(): Promise<void> {
    this.mayReadSecrets = false;
    this.edit('team-a', withSpec({ suspend: false, maxPrice: 3 }));
    await this.simulation.pass(10_000);
    this.edit('team-a', withSpec({ suspend: false, maxPrice: 3, accountRef: { name: 'second' } }));
    await this.simulation.pass(10_000);
    this.mayReadSecrets = true;
  }

  async moveAndDelete(): Promise<void> {
    this.fail();
    this.edit('team-a', withSpec({ suspend: false, maxPrice: 3, accountRef: { name: 'second' } }));
    await this.untilReady('team-a');
    this.simulation.server.delete('gpupods', TARGET, 'person');
    await this.simulation.pass(10 * MINUTE_MS);
  }
}

describe('a GpuPod that moved away from an account whose list fails', () => {
  it.each([
    { name: 'whose list fails', losesKey: false },
    { name: 'whose Secret could not be read when it moved', losesKey: true },
  ])(
    'waits with its deletion for an account $name, and goes at the word of a person',
    async ({ losesKey }) => {
      const scene = await FailingFormer.create();
      scene.apply('team-a');
      await scene.untilReady('team-a');
      scene.edit('team-a', withSpec({ suspend: true }));
      await scene.simulation.until('it is suspended', () => scene.payersOf('team-a').length === 0);
      await scene.simulation.pass(MINUTE_MS);
      if (losesKey) await scene.moveWithoutKey();
      await scene.moveAndDelete();
      expect(messageOf(scene.gpuPod('team-a'), 'Synced')).toMatch(
        /may bill on GpuAccount team-a\/default, .* set gpupod.dev\/confirm-absent to GpuAccount\/team-a\/default\. /,
      );
      scene.edit('team-a', (held) => ({
        ...held,
        metadata: {
          ...held.metadata,
          annotations: {
            ...held.metadata.annotations,
            [ANNOTATIONS.confirmAbsent]: 'GpuAccount/team-b/default, GpuAccount/team-a/default',
          },
        },
      }));
      await scene.simulation.until('it is gone', () => scene.gpuPod('team-a') === undefined, 2 * MINUTE_MS);
      expect(scene.payersOf('team-a')).toEqual([]);
      expect(scene.simulation.journal.violations).toEqual([]);
    },
  );

  it('goes at once where that account never rented anything for it', async () => {
    const scene = await FailingFormer.create();
    scene.apply('team-a', { maxPrice: 0.01 });
    await scene.simulation.pass(2 * MINUTE_MS);
    await scene.moveAndDelete();
    expect(scene.gpuPod('team-a')).toBeUndefined();
    expect(scene.payersOf('team-a')).toEqual([]);
  });
});
