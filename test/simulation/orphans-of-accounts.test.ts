import { describe, expect, it, jest } from '@jest/globals';
import type { RawObject } from '../../src/kubernetes/objects.ts';
import { AccountScene } from './account-scene.ts';
import { judgeRun } from './oracles.ts';
import { statusOf } from './readings.ts';

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

describe('an instance whose price the provider never shows', () => {
  const withoutFinalizer = (held: RawObject): RawObject => ({
    ...held,
    metadata: { ...held.metadata, finalizers: [] },
  });
  const withForceRelease = (held: RawObject): RawObject => {
    const annotations = {
      ...held.metadata.annotations,
      'gpupod.dev/force-release': String(statusOf(held)['podId']),
    };
    return { ...held, metadata: { ...held.metadata, annotations } };
  };

  it.each([
    { what: 'orphaned', leave: withoutFinalizer },
    { what: 'released by force', leave: withForceRelease },
  ])('fills the price limit of its account when it is $what, over a restart', async ({ leave }) => {
    const scene = new AccountScene({ provider: { podRules: [{ priceShownFrom: 'Never' }] } });
    scene.addAccount('team-a', 'key-of-a', 'default', { limits: { maxPricePerHour: 100 } });
    await scene.start();
    scene.apply('team-a');
    await scene.simulation.until('it is rented', () => statusOf(scene.held('team-a'))['podId'] !== undefined);
    scene.edit('team-a', leave);
    scene.simulation.server.delete('gpupods', { namespace: 'team-a', name: 'train-1' }, 'person');
    await scene.simulation.until('it is gone', () => scene.gpuPod('team-a') === undefined);
    scene.simulation.operator.kill();
    await scene.simulation.pass(2 * MINUTE_MS);
    scene.apply('team-a', {}, 'train-2');
    await scene.simulation.pass(20 * MINUTE_MS);
    expect(scene.payersOf('team-a')).toEqual(['user_a']);
    expect(scene.syncedReason('team-a', 'train-2')).toBe('BudgetExceeded');
    judgeRun(scene.simulation);
    expect(scene.simulation.journal.violations).toEqual([]);
  });
});
