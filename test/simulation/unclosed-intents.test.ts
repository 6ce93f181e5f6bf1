import { expect, it, jest } from '@jest/globals';
import { ANNOTATIONS } from '../../src/api/common/names.ts';
import { podName } from '../../src/lifecycle/pod-name.ts';
import { intent } from '../support/builders/intent.ts';
import { OPEN_POLICY } from '../support/builders/policy.ts';
import { AccountScene } from './account-scene.ts';
import { withAnnotations } from './edits.ts';
import { isReady } from './readings.ts';
import { INSTALLATION } from './shared-provider.ts';

jest.setTimeout(5 * 60_000);

const MINUTE_MS = 60_000;
const ML = { kind: 'ClusterGpuAccount', name: 'ml' };
const PAUSED = { [ANNOTATIONS.paused]: 'true' };

/** Three GpuPods of team-a with create intents that nobody sent, which fill every limit. */
async function sceneWithForged(text: object, more: Record<string, string>): Promise<AccountScene> {
  const scene = new AccountScene({
    settings: { policy: { ...OPEN_POLICY, maxTotalPricePerHour: 9_000_000 } },
  });
  scene.addClusterAccount('ml', 'key-of-b', {
    namespaceSelector: { matchLabels: { gpus: 'yes' } },
    isDefault: true,
    limits: { maxInstances: 3, maxPricePerHour: 100, maxPrice: 3, allowPrepaid: true },
  });
  await scene.start();
  await scene.simulation.pass(5 * MINUTE_MS);
  for (const name of ['one', 'two', 'three']) forge(scene, name, text, more);
  await scene.simulation.pass(10_000);
  scene.apply('team-b');
  return scene;
}

function forge(scene: AccountScene, name: string, text: object, more: Record<string, string>): void {
  const spec = { gpu: { types: ['H100_80GB'] }, suspend: true };
  const { uid } = scene.simulation.server.create(
    'gpupods',
    'team-a',
    { metadata: { name }, spec },
    'person',
  ).metadata;
  const forged = { account: 'user_b', payer: ML, installation: INSTALLATION, ...text };
  const instance = podName(forged.installation, { namespace: 'team-a', name, uid }, 1);
  const made = { ...intent({ uid }), cost: { gpu: 0, disk: 0, vcpus: 0, memory: 0, total: 3_000_000 } };
  const written = JSON.stringify({ ...made, ...forged, name: instance });
  scene.edit('team-a', (held) => withAnnotations(held, { [ANNOTATIONS.intent]: written, ...more }), name);
}

it.each<{ name: string; text?: object; more?: Record<string, string> }>([
  { name: 'of another installation, which the operator leaves alone', text: { installation: 'zzz999' } },
  { name: 'on paused GpuPods, which the operator leaves alone', more: PAUSED },
  { name: 'of a user of nobody', text: { account: 'nobody' }, more: PAUSED },
  { name: 'of a team of nobody', text: { teamId: 'nobodys' }, more: PAUSED },
  { name: 'without a user', text: { account: undefined }, more: PAUSED },
  { name: 'of an account that does not exist', text: { payer: { ...ML, name: 'no' } }, more: PAUSED },
])(
  'create intents that nobody sent hold up others for minutes only: $name',
  async ({ text = {}, more = {} }) => {
    const scene = await sceneWithForged(text, more);
    await scene.simulation.until('the other is ready', () => isReady(scene.held('team-b')), 25 * MINUTE_MS);
    expect(scene.payersOf('team-b')).toEqual(['user_b']);
    expect(scene.payersOf('team-a')).toEqual([]);
  },
);

it('a create intent with absurdly many prepaid hours cannot be read, and counts nothing', async () => {
  const scene = await sceneWithForged({ offer: { ...intent().offer, prepaidHours: 1e300 } }, PAUSED);
  await scene.simulation.until('the other is ready', () => isReady(scene.held('team-b')), MINUTE_MS);
  expect(scene.payersOf('team-b')).toEqual(['user_b']);
});

it('the instance of a crashed process counts, although its GpuPod is paused and lists show it late', async () => {
  const policy = { ...OPEN_POLICY, maxTotalPricePerHour: 3_000_000 };
  const scene = new AccountScene({ settings: { policy } });
  await scene.start();
  await scene.simulation.pass(5 * MINUTE_MS);
  const { api, operator } = scene.simulation;
  api.faults.add({ method: 'POST', path: '/pods/', times: 1, effect: { kind: 'ResetAfter' } });
  scene.apply('team-a');
  await scene.simulation.until('it is rented', () => scene.payersOf('team-a').length === 1);
  operator.kill();
  // Lists show the instance only after a minute.
  api.faults.add({ method: 'GET', path: '/pods/', effect: { kind: 'EmptyList' } });
  scene.edit('team-a', (held) => withAnnotations(held, { ...held.metadata.annotations, ...PAUSED }));
  scene.apply('team-b');
  await scene.simulation.pass(MINUTE_MS);
  api.faults.clear();
  await scene.simulation.pass(60 * MINUTE_MS);
  expect(scene.payersOf('team-a')).toEqual(['user_1']);
  expect(scene.payersOf('team-b')).toEqual([]);
});
