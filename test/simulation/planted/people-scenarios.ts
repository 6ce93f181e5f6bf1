import type { PodRule } from '../../../src/simulator/world/pod-rule.ts';
import type { LifeOptions } from '../life.ts';
import { restore, restoreFrom, specChange, statusChange } from '../people.ts';
import { INSTALLATION_RECORD, writeRecord } from '../installation-record.ts';
import { reasonOf, statusOf } from '../readings.ts';
import type { SimulatedWorld } from '../simulated-world.ts';

const MINUTE_MS = 60_000;
function ruled(...podRules: readonly PodRule[]): LifeOptions {
  return { provider: { podRules: [...podRules] } };
}

/** Another GpuPod is ready, and for a while its status names the instance of the first. */
async function namesAnother(world: SimulatedWorld): Promise<void> {
  world.apply('train-2');
  await world.until('both are ready', () => world.isReady('train-2'));
  const { podId, podName } = statusOf(world.object('train-2') ?? NOBODY);
  const others = statusOf(world.object() ?? NOBODY);
  statusChange({ podId: others['podId'], podName: others['podName'] })(world, 'train-2');
  await world.pass(2_000);
  statusChange({ podId, podName })(world, 'train-2');
  await world.pass(5 * MINUTE_MS);
  world.delete('train-2');
  await world.until('the other is deleted', () => world.object('train-2') === undefined);
}

const NOBODY = { metadata: { name: '', uid: '', resourceVersion: '' } };

/** The second attempt is ready when a person restores the object as it was during the first. */
async function olderMoment(world: SimulatedWorld): Promise<void> {
  const saved = world.object();
  if (saved === undefined) throw new Error('there is nothing to save');
  specChange({ suspend: true })(world);
  await world.until('suspended', () => readyReason(world, 'train-1') === 'Suspended');
  specChange({ suspend: false })(world);
  await world.until('ready again', () => world.isReady());
  restoreFrom(saved)(world);
  await world.pass(20 * MINUTE_MS);
}

function readyReason(world: SimulatedWorld, name: string): string | undefined {
  const object = world.object(name);
  return object === undefined ? undefined : reasonOf(object, 'Ready');
}

async function usesUpItsAttempts(world: SimulatedWorld): Promise<void> {
  const isStalled = (): boolean => {
    const object = world.object('never-1');
    return object !== undefined && reasonOf(object, 'Stalled') === 'AttemptsExhausted';
  };
  world.apply('never-1', { provisioningTimeout: '1m' });
  await world.time.run(40 * MINUTE_MS, isStalled);
  world.delete('never-1');
  await world.until('it is deleted', () => world.object('never-1') === undefined);
}

/** The same, and the installed CRD lacks the field that counts failed attempts. */
async function usesUpItsAttemptsUnseen(world: SimulatedWorld): Promise<void> {
  world.server.prunedFields = ['failedAttempts'];
  await usesUpItsAttempts(world);
  world.server.prunedFields = [];
  world.operator.kill();
}

async function suspended(world: SimulatedWorld): Promise<void> {
  specChange({ suspend: true })(world);
  await world.until('suspended', () => readyReason(world, 'train-1') === 'Suspended');
  await world.pass(5 * MINUTE_MS);
  specChange({ suspend: false })(world);
}

/** The record is lost, the process dies, and the next one starts with the key of another user. */
async function reinstalledWithAnotherKey(world: SimulatedWorld): Promise<void> {
  world.server.delete('configmaps', INSTALLATION_RECORD, 'person');
  world.changeKey('other-key');
  world.operator.kill();
  await world.pass(10 * MINUTE_MS);
  world.delete();
  await world.pass(10 * MINUTE_MS);
  world.changeKey('test-key');
  await world.until('gone', () => world.object() === undefined);
  world.apply();
  await world.until('ready', () => world.isReady());
}

/** What people and backups do to GpuPods. Without a bug each of these simulations must be clean. */
export const PEOPLE_SCENARIOS = {
  'a status names the instance of another GpuPod for a moment': () => ({ middle: namesAnother }),
  'another GpuPod never gets ready, and uses up its attempts': () => ({
    ...ruled({ nameIncludes: 'never-1', outcome: 'StuckProvisioning' }),
    middle: usesUpItsAttempts,
  }),
  'another GpuPod never gets ready, and the CRD drops the count of its attempts': () => ({
    ...ruled({ nameIncludes: 'never-1', outcome: 'StuckProvisioning' }),
    middle: usesUpItsAttemptsUnseen,
  }),
  'it is suspended for a while': () => ({ middle: suspended }),
  'it is restored from a backup': () => ({
    middle: async (world) => {
      restore(world);
      await world.pass(10 * MINUTE_MS);
    },
  }),
  'a GpuPod is restored as it was one attempt ago': () => ({ middle: olderMoment }),
  'the record of the installation is lost, and the key is that of another user': () => ({
    settings: { installationId: undefined },
    prepare: writeRecord,
    middle: reinstalledWithAnotherKey,
  }),
} as const satisfies Readonly<Record<string, () => LifeOptions>>;
