import type { PodRule } from '../../../src/simulator/world/pod-rule.ts';
import type { LifeOptions } from '../life.ts';
import { restore, restoreFrom, specChange, statusChange } from '../people.ts';
import { INSTALLATION_RECORD, writeRecord } from '../installation-record.ts';
import { reasonOf, statusOf } from '../readings.ts';
import type { Simulation } from '../simulation.ts';

const MINUTE_MS = 60_000;
function ruled(...podRules: readonly PodRule[]): LifeOptions {
  return { provider: { podRules: [...podRules] } };
}

/** Another GpuPod is ready, and for a while its status names the instance of the first. */
async function namesAnother(simulation: Simulation): Promise<void> {
  simulation.apply('train-2');
  await simulation.until('both are ready', () => simulation.isReady('train-2'));
  const { podId, podName } = statusOf(simulation.object('train-2') ?? NOBODY);
  const others = statusOf(simulation.object() ?? NOBODY);
  statusChange({ podId: others['podId'], podName: others['podName'] })(simulation, 'train-2');
  await simulation.pass(2_000);
  statusChange({ podId, podName })(simulation, 'train-2');
  await simulation.pass(5 * MINUTE_MS);
  simulation.delete('train-2');
  await simulation.until('the other is deleted', () => simulation.object('train-2') === undefined);
}

const NOBODY = { metadata: { name: '', uid: '', resourceVersion: '' } };

/** The second attempt is ready when a person restores the object as it was during the first. */
async function olderMoment(simulation: Simulation): Promise<void> {
  const saved = simulation.object();
  if (saved === undefined) throw new Error('there is nothing to save');
  specChange({ suspend: true })(simulation);
  await simulation.until('suspended', () => readyReason(simulation, 'train-1') === 'Suspended');
  specChange({ suspend: false })(simulation);
  await simulation.until('ready again', () => simulation.isReady());
  restoreFrom(saved)(simulation);
  await simulation.pass(20 * MINUTE_MS);
}

function readyReason(simulation: Simulation, name: string): string | undefined {
  const object = simulation.object(name);
  return object === undefined ? undefined : reasonOf(object, 'Ready');
}

async function usesUpItsAttempts(simulation: Simulation): Promise<void> {
  const isStalled = (): boolean => {
    const object = simulation.object('never-1');
    return object !== undefined && reasonOf(object, 'Stalled') === 'AttemptsExhausted';
  };
  simulation.apply('never-1', { provisioningTimeout: '1m' });
  await simulation.time.run(40 * MINUTE_MS, isStalled);
  simulation.delete('never-1');
  await simulation.until('it is deleted', () => simulation.object('never-1') === undefined);
}

/** The same, and the installed CRD lacks the field that counts failed attempts. */
async function usesUpItsAttemptsUnseen(simulation: Simulation): Promise<void> {
  simulation.server.prunedFields = ['failedAttempts'];
  await usesUpItsAttempts(simulation);
  simulation.server.prunedFields = [];
  simulation.operator.kill();
}

async function suspended(simulation: Simulation): Promise<void> {
  specChange({ suspend: true })(simulation);
  await simulation.until('suspended', () => readyReason(simulation, 'train-1') === 'Suspended');
  await simulation.pass(5 * MINUTE_MS);
  specChange({ suspend: false })(simulation);
}

/** The record is lost, the process dies, and the next one starts with the key of another user. */
async function reinstalledWithAnotherKey(simulation: Simulation): Promise<void> {
  simulation.server.delete('configmaps', INSTALLATION_RECORD, 'person');
  simulation.changeKey('other-key');
  simulation.operator.kill();
  await simulation.pass(10 * MINUTE_MS);
  simulation.delete();
  await simulation.pass(10 * MINUTE_MS);
  simulation.changeKey('test-key');
  await simulation.until('gone', () => simulation.object() === undefined);
  simulation.apply();
  await simulation.until('ready', () => simulation.isReady());
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
    middle: async (simulation) => {
      restore(simulation);
      await simulation.pass(10 * MINUTE_MS);
    },
  }),
  'a GpuPod is restored as it was one attempt ago': () => ({ middle: olderMoment }),
  'the record of the installation is lost, and the key is that of another user': () => ({
    settings: { installationId: undefined },
    prepare: writeRecord,
    middle: reinstalledWithAnotherKey,
  }),
} as const satisfies Readonly<Record<string, () => LifeOptions>>;
