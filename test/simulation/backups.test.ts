import { describe, expect, it } from '@jest/globals';
import { ANNOTATIONS } from '../../src/api/common/names.ts';
import type { RawObject } from '../../src/kubernetes/objects.ts';
import { plantPod } from '../../src/simulator/world/plant-pod.ts';
import { readySimulation } from './life.ts';
import { replaceFromFile, restore, specChange, removeByForce } from './people.ts';
import { podIdOf, reasonOf, specOf, statusOf } from './readings.ts';
import { Simulation } from './simulation.ts';

const LONG_MS = 40 * 60_000;

/** A backup from the time when the first attempt was ready. The second attempt of the GpuPod is ready now. */
interface Scene {
  readonly simulation: Simulation;
  readonly saved: RawObject;
  readonly runningId: string;
}

async function secondAttempt(settings: { orphanPolicy?: 'Terminate' } = {}): Promise<Scene> {
  const simulation = await readySimulation({ settings });
  const saved = structuredClone(required(simulation.object()));
  specChange({ suspend: true })(simulation);
  await simulation.until('suspended', () => reasonOf(required(simulation.object()), 'Ready') === 'Suspended');
  specChange({ suspend: false })(simulation);
  await simulation.until('ready again', () => simulation.isReady());
  return { simulation, saved, runningId: podIdOf(simulation.object()) ?? '' };
}

function required(object: RawObject | undefined): RawObject {
  if (object === undefined) throw new Error('there is no object');
  return object;
}

function intentOf(object: RawObject): string {
  return object.metadata.annotations?.[ANNOTATIONS.intent] ?? '';
}

function backIntent({ simulation, saved }: Scene): void {
  simulation.edit((object) => ({
    ...object,
    metadata: { ...object.metadata, annotations: { ...saved.metadata.annotations } },
  }));
}

function backStatus({ simulation, saved }: Scene, change: Readonly<Record<string, unknown>> = {}): void {
  simulation.edit((object) => ({ ...object, status: { ...statusOf(saved), ...change } }));
}

/** Applied again from the backup: another UID, with annotations, without a status. */
function backObject({ simulation, saved }: Scene, spec: Readonly<Record<string, unknown>> = {}): void {
  removeByForce(simulation);
  simulation.apply('train-1', { ...specOf(saved), ...spec }, { [ANNOTATIONS.intent]: intentOf(saved) });
}

function liveIds({ simulation }: Scene): readonly string[] {
  return simulation.api.world.ledger
    .live()
    .flatMap(({ id }) => (simulation.foreignIds.includes(id) ? [] : [id]));
}

function countCreateRequests({ simulation }: Scene): number {
  return simulation.api.world.ledger.entries().filter(({ name }) => name.startsWith('gp-')).length;
}

/** True if a condition has this reason. */
function says({ simulation }: Scene, reason: string): boolean {
  const { conditions = [] } = statusOf(required(simulation.object())) as {
    conditions?: readonly { reason: string }[];
  };
  return conditions.some((condition) => condition.reason === reason);
}

describe('a GpuPod that is restored from an older moment never terminates the running instance', () => {
  it.each<{ name: string; back: (scene: Scene) => void }>([
    { name: 'the object, under another UID', back: backObject },
    { name: 'the annotations', back: backIntent },
    { name: 'the status', back: backStatus },
    {
      name: 'the annotations and the status',
      back: (scene) => {
        backIntent(scene);
        backStatus(scene);
      },
    },
    {
      name: 'the status, with a termination in progress',
      back: (scene) => {
        const attempts = attemptsOf(scene.saved).map((attempt) => ({ ...attempt, ending: 'SpecChanged' }));
        backStatus(scene, { attempts });
      },
    },
    {
      name: 'the status without the ID, with a termination in progress',
      back: (scene) => {
        const attempts = attemptsOf(scene.saved).map((attempt) => ({ ...attempt, ending: 'Suspended' }));
        backStatus(scene, { podId: scene.runningId, attempts });
      },
    },
    {
      name: 'neither annotations nor status',
      back: ({ simulation }) => {
        replaceFromFile(simulation);
        simulation.edit((object) => ({ ...object, status: { observedGeneration: -1 } }));
      },
    },
    {
      name: 'the status of a search, and old annotations',
      back: (scene) => {
        backIntent(scene);
        scene.simulation.edit((object) => ({
          ...object,
          status: { observedGeneration: 1, searchStartedAt: '2026-01-01T00:00:00Z' },
        }));
      },
    },
  ])('adopts the instance when the backup holds $name', async ({ back }) => {
    const scene = await secondAttempt();
    const { simulation, runningId } = scene;
    const before = countCreateRequests(scene);
    back(scene);
    await simulation.until(
      'adopted',
      () => simulation.isReady() && podIdOf(simulation.object()) === runningId,
      LONG_MS,
    );
    await simulation.pass(LONG_MS);
    expect(podIdOf(simulation.object())).toBe(runningId);
    expect(liveIds(scene)).toContain(runningId);
    expect(countCreateRequests(scene)).toBe(before);
    expect(simulation.journal.violations).toEqual([]);
    simulation.delete();
    await simulation.until('gone', () => simulation.object() === undefined, LONG_MS);
    expect(liveIds(scene)).not.toContain(runningId);
  });

  it('adopts it in a new process as well', async () => {
    const scene = await secondAttempt({ orphanPolicy: 'Terminate' });
    const { simulation, runningId } = scene;
    const before = countCreateRequests(scene);
    simulation.operator.kill();
    backIntent(scene);
    backStatus(scene);
    await simulation.until(
      'adopted',
      () => simulation.isReady() && podIdOf(simulation.object()) === runningId,
      LONG_MS,
    );
    expect(countCreateRequests(scene)).toBe(before);
    expect(liveIds(scene)).toContain(runningId);
  });

  it('reports the instance of a suspended GpuPod, and adopts it on resume', async () => {
    const scene = await secondAttempt({ orphanPolicy: 'Terminate' });
    const { simulation, runningId } = scene;
    const before = countCreateRequests(scene);
    backObject(scene, { suspend: true });
    await simulation.until('reported', () => says(scene, 'NewerInstance'), LONG_MS);
    await simulation.pass(LONG_MS);
    expect(liveIds(scene)).toContain(runningId);
    expect(countCreateRequests(scene)).toBe(before);
    const text = JSON.stringify(statusOf(required(simulation.object())));
    expect(text).toContain(`Instance ${runningId} (1.90 USD/h) bills and is newer`);

    specChange({ suspend: false })(simulation);
    await simulation.until(
      'adopted',
      () => simulation.isReady() && podIdOf(simulation.object()) === runningId,
      LONG_MS,
    );
    expect(countCreateRequests(scene)).toBe(before);
  });

  it('reports an instance above the restored cap, and adopts it once the cap allows it', async () => {
    const scene = await secondAttempt({ orphanPolicy: 'Terminate' });
    const { simulation, runningId } = scene;
    const before = countCreateRequests(scene);
    backObject(scene, { maxPrice: 1 });
    await simulation.until('reported', () => says(scene, 'NewerInstance'), LONG_MS);
    await simulation.pass(LONG_MS);
    expect(simulation.isReady()).toBe(false);
    expect(liveIds(scene)).toContain(runningId);
    expect(JSON.stringify(statusOf(required(simulation.object())))).toContain('above the cap of 1.00 USD/h');

    specChange({ maxPrice: 3 })(simulation);
    await simulation.until(
      'adopted',
      () => simulation.isReady() && podIdOf(simulation.object()) === runningId,
      LONG_MS,
    );
    expect(countCreateRequests(scene)).toBe(before);
    expect(simulation.journal.violations).toEqual([]);
  });

  it('is released when it is deleted unseen, and leaves an instance that it did not adopt', async () => {
    const scene = await secondAttempt({ orphanPolicy: 'Terminate' });
    const { simulation, runningId } = scene;
    backObject(scene, { suspend: true });
    await simulation.until('reported', () => says(scene, 'NewerInstance'), LONG_MS);
    expect(liveIds(scene)).toContain(runningId);
    simulation.delete();
    await simulation.until('gone', () => simulation.object() === undefined, LONG_MS);
    expect(simulation.api.world.ledger.deletes.map(({ podId }) => podId)).not.toContain(runningId);
  });

  it('leaves a retained instance alone, whichever attempt the backup names', async () => {
    const scene = await secondAttempt();
    const { simulation, runningId } = scene;
    specChange({ deletionPolicy: 'Retain' })(simulation);
    await simulation.pass(5_000);
    simulation.delete();
    await simulation.until('gone', () => simulation.object() === undefined, LONG_MS);
    simulation.apply('train-1', specOf(scene.saved), { [ANNOTATIONS.intent]: intentOf(scene.saved) });
    await simulation.until('ready', () => simulation.isReady(), LONG_MS);
    expect(podIdOf(simulation.object())).not.toBe(runningId);
    simulation.delete();
    await simulation.until('gone', () => simulation.object() === undefined, LONG_MS);
    await simulation.pass(LONG_MS);
    expect(liveIds(scene)).toContain(runningId);
  });

  it('keeps the running instance with Retain, even if an old status names an earlier one', async () => {
    const scene = await secondAttempt();
    const { simulation, runningId } = scene;
    specChange({ deletionPolicy: 'Retain' })(simulation);
    simulation.operator.kill();
    backIntent(scene);
    backStatus(scene);
    simulation.delete();
    await simulation.until('gone', () => simulation.object() === undefined, LONG_MS);
    await simulation.pass(LONG_MS);
    expect(liveIds(scene)).toContain(runningId);
  });
});

describe('an instance whose price rose above the cap before it was Ready', () => {
  it('is reported and not adopted as ready, when its record is lost and the process dies', async () => {
    const simulation = new Simulation({
      provider: { podRules: [{ nameIncludes: '-1-team-a', priceShownFrom: 'Active', activePriceFactor: 9 }] },
    });
    simulation.api.faults.add({ method: 'POST', path: '/pods/', times: 1, effect: { kind: 'ResetAfter' } });
    simulation.startOperator();
    await simulation.pass(1_000);
    simulation.apply();
    const expensive = (): string | undefined =>
      simulation.api.world.ledger.live().find(({ name }) => /^gp-abc123-.*-1-team-a-train-1$/.test(name))?.id;
    await simulation.until('it exists', () => expensive() !== undefined);
    replaceFromFile(simulation);
    simulation.operator.kill();
    await simulation.until(
      'reported',
      () => reasonOf(required(simulation.object()), 'Stalled') === 'NewerInstance',
    );
    const id = expensive() ?? '';
    await simulation.pass(LONG_MS);
    expect(simulation.isReady()).toBe(false);
    expect(expensive()).toBe(id);
    expect(simulation.journal.violations).toEqual([]);
    simulation.api.world.pods.end(id, 'Forced');
    await simulation.until('ready', () => simulation.isReady(), LONG_MS);
    expect(podIdOf(simulation.object())).not.toBe(id);
  });
});

describe('an object that adopted the instance of a vanished UID', () => {
  it('terminates no other instance of that UID, and does not wait for one on release', async () => {
    const simulation = await readySimulation();
    const saved = structuredClone(required(simulation.object()));
    const name = String(Reflect.get(statusOf(saved), 'podName'));
    restore(simulation);
    await simulation.until('adopted', () => simulation.isReady());
    const adopted = podIdOf(simulation.object());
    // A second instance of the same attempt: nobody can say any more whose it was.
    expect(adopted).toBe(podIdOf(saved));
    const twin = plantPod(simulation.api.world, { name, userId: 'user_1' }).id;
    await simulation.pass(LONG_MS);
    expect(simulation.isReady()).toBe(true);
    simulation.delete();
    await simulation.until('gone', () => simulation.object() === undefined, LONG_MS);
    expect(simulation.api.world.ledger.deletes.map(({ podId }) => podId)).not.toContain(twin);
  });
});

function attemptsOf(object: RawObject): readonly Readonly<Record<string, unknown>>[] {
  const { attempts = [] } = statusOf(object) as { attempts?: readonly Readonly<Record<string, unknown>>[] };
  return attempts;
}
