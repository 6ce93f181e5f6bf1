import { describe, expect, it, jest } from '@jest/globals';
import { ANNOTATIONS } from '../../src/api/common/names.ts';
import { isRecord, parseJson, stringAt } from '../../src/json.ts';
import type { RawObject } from '../../src/kubernetes/objects.ts';
import { plantPod } from '../../src/simulator/world/plant-pod.ts';
import { AccountScene } from './account-scene.ts';
import { withSpec } from './edits.ts';
import { reasonOf, specOf, statusOf } from './readings.ts';

jest.setTimeout(5 * 60_000);

const MINUTE_MS = 60_000;
const TARGET = { namespace: 'team-a', name: 'train-1' };

describe('an account with a key of the operator’s own user, and a team that pays', () => {
  async function sceneOfOwnUser(): Promise<AccountScene> {
    const scene = new AccountScene({
      provider: {
        accounts: [
          { key: 'test-key', userId: 'user_1', teams: ['team_1'] },
          { key: 'other-key', userId: 'user_2', teams: [] },
          { key: 'second-key', userId: 'user_1', teams: ['team_1'] },
        ],
      },
    });
    scene.addAccount('team-a', 'second-key', 'default', { teamId: 'team_1' });
    await scene.start();
    await scene.simulation.pass(MINUTE_MS);
    return scene;
  }

  it('finds the instance after a lost create response', async () => {
    const scene = await sceneOfOwnUser();
    const lost = { kind: 'ResetAfter' } as const;
    scene.simulation.api.faults.add({ method: 'POST', path: '/pods/', times: 1, effect: lost });
    scene.apply('team-a');
    await scene.untilReady('team-a');
    expect(scene.payersOf('team-a')).toEqual(['user_1']);
  });

  it('is seen to be empty when the GpuPod is deleted', async () => {
    const scene = await sceneOfOwnUser();
    scene.apply('team-a');
    await scene.untilReady('team-a');
    scene.simulation.server.delete('gpupods', TARGET, 'person');
    await scene.simulation.until('it is deleted', () => scene.gpuPod('team-a') === undefined);
    expect(scene.payersOf('team-a')).toEqual([]);
  });
});

describe('an account whose team was removed, after a restart', () => {
  /** Suspended, so that nothing is rented while the team is removed. */
  async function sceneWithoutTeam(isLate: boolean): Promise<AccountScene> {
    const scene = new AccountScene();
    scene.addAccount('team-a', 'key-of-a', 'default', { teamId: 'team_a' });
    await scene.start();
    scene.apply('team-a');
    await scene.untilReady('team-a');
    const name = String(statusOf(scene.held('team-a'))['podName']);
    scene.edit('team-a', withSpec({ suspend: true }));
    await scene.simulation.until(
      'it is suspended',
      () => scene.payersOf('team-a').length === 0,
      20 * MINUTE_MS,
    );
    await scene.simulation.pass(2 * MINUTE_MS);
    const account = { namespace: 'team-a', name: 'default' };
    scene.simulation.server.edit('gpuaccounts', account, withoutTeam, 'person');
    scene.simulation.operator.kill();
    if (isLate) plantPod(scene.simulation.api.world, { name, userId: 'user_a', teamId: 'team_a' });
    await scene.simulation.pass(10 * MINUTE_MS);
    return scene;
  }

  it('rents again for the GpuPod', async () => {
    const scene = await sceneWithoutTeam(false);
    scene.edit('team-a', withSpec({ suspend: false }));
    await scene.untilReady('team-a');
    expect(scene.payersOf('team-a')).toEqual(['user_a']);
  });

  it('releases the GpuPod', async () => {
    const scene = await sceneWithoutTeam(false);
    scene.simulation.server.delete('gpupods', TARGET, 'person');
    await scene.simulation.pass(5 * MINUTE_MS);
    expect(scene.gpuPod('team-a')).toBeUndefined();
  });

  it('terminates an instance that shows up late in that team', async () => {
    const scene = await sceneWithoutTeam(true);
    await scene.simulation.pass(20 * MINUTE_MS);
    expect(scene.payersOf('team-a')).toEqual([]);
  });
});

function withoutTeam(object: RawObject): RawObject {
  const { teamId: _team, ...spec } = specOf(object);
  return { ...object, spec };
}

describe('an account whose owner names other teams all the time', () => {
  it('costs a bounded number of requests once it names none', async () => {
    const scene = new AccountScene();
    scene.addAccount('team-a', 'key-of-a');
    await scene.start();
    const key = { namespace: 'team-a', name: 'default' };
    const name = (teamIds: readonly string[]): void => {
      const change = (held: RawObject): RawObject => ({
        ...held,
        spec: { ...(held['spec'] as object), limits: { teamIds } },
      });
      scene.simulation.server.edit('gpuaccounts', key, change, 'person');
    };
    for (let round = 0; round < 40; round += 1) {
      name(Array.from({ length: 8 }, (_, index) => `team-${String(round)}-${String(index)}`));
      await scene.simulation.pass(1_000);
    }
    name([]);
    await scene.simulation.pass(10_000);
    const before = scene.sentWith('key-of-a').length;
    await scene.simulation.pass(10 * 60_000);
    expect(scene.sentWith('key-of-a').length - before).toBeLessThan(200);
  });
});

describe('a create request in a team of which no list shows anything', () => {
  it('costs as few lists as the sweep once a person must check, and the instance is adopted if it shows up', async () => {
    const scene = new AccountScene();
    scene.addAccount('team-a', 'key-of-a', 'default', { teamId: 'team_a' });
    await scene.start();
    await scene.simulation.pass(MINUTE_MS);
    const lost = { kind: 'ResetBefore' } as const;
    scene.simulation.api.faults.add({ method: 'POST', path: '/pods/', times: 1, effect: lost });
    scene.apply('team-a');
    await scene.simulation.until('a person must check', () => stalledReason(scene) === 'CreateUncertain');
    const lists = (): number =>
      scene.sentWith('key-of-a').filter((request) => request === 'GET /pods/').length;
    const before = lists();
    await scene.simulation.pass(60 * MINUTE_MS);
    expect(lists() - before).toBeLessThan(60);
    const { name } = intentIn(scene);
    plantPod(scene.simulation.api.world, { name, userId: 'user_a', teamId: 'team_a' });
    await scene.untilReady('team-a');
  });
});

function stalledReason(scene: AccountScene): string | undefined {
  return reasonOf(scene.held('team-a'), 'Stalled');
}

function intentIn(scene: AccountScene): { name: string } {
  const text = scene.held('team-a').metadata.annotations?.[ANNOTATIONS.intent];
  return { name: stringAt(recordOf(text), 'name') ?? '' };
}

function recordOf(text = ''): object | undefined {
  const value = parseJson(text);
  return isRecord(value) ? value : undefined;
}
