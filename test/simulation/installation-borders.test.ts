import { describe, expect, it, jest } from '@jest/globals';
import { Installations, servedNamespace, settingsOf } from './installations.ts';
import type { Keys } from './installations.ts';
import { judgeRun } from './oracles.ts';
import { copyTo } from './people.ts';
import { podIdOf, reasonOf, targetOf } from './readings.ts';
import { Simulation } from './simulation.ts';

jest.setTimeout(5 * 60_000);

const MINUTE_MS = 60_000;
/** Longer than four sweeps, so that an orphan would be terminated by then. */
const SWEEPS_MS = 25 * MINUTE_MS;
const [FIRST, SECOND] = [servedNamespace(0), servedNamespace(1)];
const NAMES = [`${FIRST}/train-1`, `${SECOND}/train-1`, `${SECOND}/train-2`];

/** Two installations whose GpuPods are Ready. */
async function readyInstallations(keys: Keys): Promise<Installations> {
  const installations = new Installations({ count: 2, keys, isTraced: false });
  const { first } = installations;
  await installations.start();
  for (const name of NAMES) first.apply(name);
  await first.until('all are Ready', () => NAMES.every((name) => first.isReady(name)));
  return installations;
}

function stop(installation: Simulation): void {
  installation.isRestarting = false;
  installation.operator.stepDown();
}

/** Starts an installation again with other settings, as an upgrade of its release does. */
function upgrade(
  { first }: Installations,
  index: number,
  keys: Keys,
  watchNamespaces: readonly string[],
): Simulation {
  const upgraded = new Simulation({
    seed: index + 10,
    besideInCluster: first,
    settings: { ...settingsOf(index, keys), watchNamespaces },
  });
  upgraded.startOperator();
  return upgraded;
}

function syncedOf({ first }: Installations, name: string): string | undefined {
  const object = first.object(name);
  return object === undefined ? undefined : reasonOf(object, 'Synced');
}

function violationsOf(installations: Installations): readonly string[] {
  judgeRun(installations.asOne());
  return installations.first.journal.violations;
}

describe('a namespace that goes from one installation to another', () => {
  it('keeps its instances, which the other one follows and terminates if it has the same key', async () => {
    const installations = await readyInstallations('shared');
    const { first, all } = installations;
    const podIds = NAMES.map((name) => podIdOf(first.object(name)));
    all.forEach(stop);
    upgrade(installations, 0, 'shared', [FIRST, SECOND]);
    await first.pass(SWEEPS_MS);
    expect(NAMES.map((name) => podIdOf(first.object(name)))).toEqual(podIds);
    expect(NAMES.map((name) => syncedOf(installations, name))).toEqual(NAMES.map(() => 'ReconcileSuccess'));
    for (const name of NAMES) first.delete(name);
    await first.until('all are gone', () => first.objects().length === 0);
    await first.pass(SWEEPS_MS);
    installations.judge();
    expect(first.journal.violations).toEqual([]);
    expect(first.api.requests.count({ method: 'POST', path: '/pods/' })).toBe(NAMES.length);
  });

  it('keeps its instances, which nobody terminates with another key, until it comes back', async () => {
    const installations = await readyInstallations('own');
    const { first, all } = installations;
    all.forEach(stop);
    const wide = upgrade(installations, 0, 'own', [FIRST, SECOND]);
    await first.pass(MINUTE_MS);
    first.delete(`${SECOND}/train-2`);
    await first.pass(SWEEPS_MS);
    expect(NAMES.map((name) => syncedOf(installations, name))).toEqual([
      'ReconcileSuccess',
      'AccountChanged',
      'AccountChanged',
    ]);
    expect(first.api.world.ledger.deletes).toEqual([]);

    stop(wide);
    upgrade(installations, 0, 'own', [FIRST]);
    upgrade(installations, 1, 'own', [SECOND]);
    await first.until('the deleted one is gone', () => first.object(`${SECOND}/train-2`) === undefined);
    await first.pass(SWEEPS_MS);
    expect(syncedOf(installations, `${SECOND}/train-1`)).toBe('ReconcileSuccess');
    expect(violationsOf(installations)).toEqual([]);
    expect(first.api.requests.count({ method: 'POST', path: '/pods/' })).toBe(NAMES.length);
  });
});

describe('a GpuPod that is copied with its annotations to the namespace of another installation', () => {
  it.each<{ keys: Keys }>([{ keys: 'own' }, { keys: 'shared' }])(
    'gets an instance of its own ($keys keys)',
    async ({ keys }) => {
      const installations = await readyInstallations(keys);
      const { first } = installations;
      const original = podIdOf(first.object(NAMES[0]));
      first.delete(`${SECOND}/train-1`);
      await first.until('the name is free', () => first.object(`${SECOND}/train-1`) === undefined);
      copyTo(SECOND, targetOf(`${SECOND}/train-1`, SECOND).name)(first, NAMES[0]);
      await first.until('the copy is Ready', () => first.isReady(`${SECOND}/train-1`));
      await first.pass(SWEEPS_MS);
      expect(podIdOf(first.object(NAMES[0]))).toBe(original);
      expect(podIdOf(first.object(`${SECOND}/train-1`))).not.toBe(original);
      installations.judge();
      expect(first.journal.violations).toEqual([]);
    },
  );
});

/** Status writes that each installation makes for a GpuPod in ten minutes, half an hour after it was applied. */
const CALM_MS = 30 * MINUTE_MS;
const COUNTED_MS = 10 * MINUTE_MS;

describe('two installations that watch the same namespaces by mistake', () => {
  it.each<{ keys: Keys; statusWrites: number }>([
    { keys: 'shared', statusWrites: 0 },
    // With keys of two users, one says ReconcileSuccess and the other AccountChanged, each every 20 s.
    { keys: 'own', statusWrites: 2 * 3 * 10 * NAMES.length },
  ])(
    'create each instance once, and write $statusWrites statuses in ten minutes ($keys keys)',
    async ({ keys, statusWrites }) => {
      const installations = new Installations({
        count: 2,
        keys,
        isTraced: false,
        settings: { watchNamespaces: [FIRST, SECOND] },
      });
      const { first } = installations;
      let writes = 0;
      first.server.onChange(({ verb }) => {
        writes += verb === 'status' ? 1 : 0;
      });
      await installations.start();
      for (const name of NAMES) first.apply(name);
      await first.pass(CALM_MS);
      writes = 0;
      await first.pass(COUNTED_MS);
      expect(writes).toBe(statusWrites);
      expect(first.api.requests.count({ method: 'POST', path: '/pods/' })).toBe(NAMES.length);
      for (const name of NAMES) first.delete(name);
      await first.until('all are gone', () => first.objects().length === 0);
      expect(violationsOf(installations)).toEqual([]);
    },
  );
});
