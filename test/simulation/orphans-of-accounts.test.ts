import { expect, it, jest } from '@jest/globals';
import { AccountScene } from './account-scene.ts';

jest.setTimeout(5 * 60_000);

const MINUTE_MS = 60_000;

it('counts an orphan over a restart for its own namespace, and for no other', async () => {
  const scene = new AccountScene();
  scene.addClusterAccount('ml', 'key-of-a', {
    namespaceSelector: {},
    isDefault: true,
    limits: { perNamespace: { maxInstances: 1 } },
  });
  await scene.start();
  scene.apply('team-a');
  await scene.untilReady('team-a');
  scene.simulation.operator.kill();
  scene.edit('team-a', (held) => ({ ...held, metadata: { ...held.metadata, finalizers: [] } }));
  scene.simulation.server.delete('gpupods', { namespace: 'team-a', name: 'train-1' }, 'person');
  scene.apply('team-a', {}, 'train-2');
  scene.apply('team-b');
  await scene.simulation.pass(20 * MINUTE_MS);
  expect(scene.payersOf('team-a')).toEqual(['user_a']);
  expect(scene.syncedReason('team-a', 'train-2')).toBe('BudgetExceeded');
  expect(scene.payersOf('team-b')).toEqual(['user_a']);
});
