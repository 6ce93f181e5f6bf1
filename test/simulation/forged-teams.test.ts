import { describe, expect, it, jest } from '@jest/globals';
import { ANNOTATIONS } from '../../src/api/common/names.ts';
import { isRecord, parseJson } from '../../src/json.ts';
import type { RawObject } from '../../src/kubernetes/objects.ts';
import { podName } from '../../src/lifecycle/pod-name.ts';
import { intent } from '../support/builders/intent.ts';
import { OPEN_POLICY } from '../support/builders/policy.ts';
import { AccountScene } from './account-scene.ts';
import { withAnnotations } from './edits.ts';
import { specOf, statusOf } from './readings.ts';
import { INSTALLATION } from './shared-provider.ts';

jest.setTimeout(5 * 60_000);

const MINUTE_MS = 60_000;
const OF_B = { account: 'user_b', origin: 'https://provider.test' };

/** A suspended GpuPod in team-a that names the instance of a vanished one, which a team of user_b pays for. */
function forge(scene: AccountScene, number: number): void {
  const uid = `nobody-${String(number)}`;
  const name = podName(INSTALLATION, { namespace: 'team-a', name: 'x', uid }, 1);
  const made = { installation: INSTALLATION, name, ...OF_B, teamId: `made-up-${String(number)}` };
  const annotations = { [ANNOTATIONS.intent]: JSON.stringify({ ...intent({ uid }), ...made }) };
  scene.simulation.apply(`forged-${String(number)}`, { suspend: true }, annotations, 'team-a');
}

/** The GpuPod of team-b is Ready, and its own account of user_b pays. */
async function sceneOfB(): Promise<AccountScene> {
  const scene = new AccountScene({ settings: { policy: { ...OPEN_POLICY, maxTotalPricePerHour: 9e6 } } });
  scene.addAccount('team-b', 'key-of-b');
  await scene.start();
  scene.apply('team-b');
  await scene.untilReady('team-b');
  return scene;
}

describe('create intents that name teams of another tenant’s user', () => {
  it('cost that user as few requests as without them', async () => {
    const scene = await sceneOfB();
    for (let number = 0; number < 60; number += 1) forge(scene, number);
    await scene.simulation.pass(30 * MINUTE_MS);
    const lists = (): number =>
      scene.sentWith('key-of-b').filter((request) => request === 'GET /pods/').length;
    const before = lists();
    await scene.simulation.pass(60 * MINUTE_MS);
    expect(lists() - before).toBeLessThan(60);
  });

  it('hold up nobody under the total after a restart, while the lists of these teams fail', async () => {
    const scene = await sceneOfB();
    forge(scene, 1);
    await scene.simulation.pass(MINUTE_MS);
    scene.simulation.operator.kill();
    const unavailable = { kind: 'Answer', status: 503, body: { detail: 'busy' } } as const;
    scene.simulation.api.faults.add({
      method: 'GET',
      path: '/pods/',
      contains: 'made-up',
      effect: unavailable,
    });
    scene.apply('team-b', {}, 'second');
    await scene.untilReady('team-b', 'second');
    expect(scene.payersOf('team-b')).toEqual(['user_b', 'user_b']);
  });
});

/** The response to the create request is lost with the process, and then the account names no team any more. */
async function sceneOfLostTeam(): Promise<AccountScene> {
  const scene = new AccountScene();
  scene.addAccount('team-a', 'key-of-a', 'default', { teamId: 'team_a' });
  await scene.start();
  await scene.simulation.pass(MINUTE_MS);
  scene.simulation.api.faults.add({
    method: 'POST',
    path: '/pods/',
    times: 1,
    effect: { kind: 'ResetAfter' },
  });
  scene.apply('team-a');
  await scene.simulation.until('it is rented', () => scene.payersOf('team-a').length === 1);
  scene.simulation.operator.kill();
  scene.simulation.server.edit(
    'gpuaccounts',
    { namespace: 'team-a', name: 'default' },
    (account) => {
      const { teamId: _team, ...spec } = specOf(account);
      return { ...account, spec };
    },
    'person',
  );
  return scene;
}

describe('the create intent of a former process, in a team that only this intent names', () => {
  it.each<{ name: string; change: (object: RawObject) => RawObject }>([
    { name: 'as it was written', change: (object) => object },
    { name: 'without a proof, as earlier versions wrote it', change: withoutProof },
  ])('leads to its instance, $name', async ({ change }) => {
    const scene = await sceneOfLostTeam();
    scene.edit('team-a', change);
    await scene.untilReady('team-a');
    expect(scene.payersOf('team-a')).toEqual(['user_a']);
    expect(statusOf(scene.held('team-a'))['attempts']).toMatchObject([{ teamId: 'team_a' }]);
  });
});

function withoutProof(object: RawObject): RawObject {
  const { annotations = {} } = object.metadata;
  const text = parseJson(annotations[ANNOTATIONS.intent] ?? '');
  const { proof: _proof, ...others } = isRecord(text) ? text : {};
  return withAnnotations(object, { ...annotations, [ANNOTATIONS.intent]: JSON.stringify(others) });
}
