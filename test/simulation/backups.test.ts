import { describe, expect, it } from '@jest/globals';
import { ANNOTATIONS } from '../../src/api/names.ts';
import type { RawObject } from '../../src/kubernetes/objects.ts';
import { plantPod } from '../../src/simulator/world/plant-pod.ts';
import { readyWorld } from './life.ts';
import { replaceFromFile, restore, specChange, tearOut } from './people.ts';
import { podIdOf, reasonOf, specOf, statusOf } from './readings.ts';
import { SimulatedWorld } from './simulated-world.ts';

const LONG_MS = 40 * 60_000;

/** What a backup held while the first attempt was ready, of a GpuPod whose second attempt is ready now. */
interface Scene {
  readonly world: SimulatedWorld;
  readonly saved: RawObject;
  readonly runningId: string;
}

async function secondAttempt(settings: { orphanPolicy?: 'Terminate' } = {}): Promise<Scene> {
  const world = await readyWorld({ settings });
  const saved = structuredClone(required(world.object()));
  specChange({ suspend: true })(world);
  await world.until('suspended', () => reasonOf(required(world.object()), 'Ready') === 'Suspended');
  specChange({ suspend: false })(world);
  await world.until('ready again', () => world.isReady());
  return { world, saved, runningId: podIdOf(world.object()) ?? '' };
}

function required(object: RawObject | undefined): RawObject {
  if (object === undefined) throw new Error('there is no object');
  return object;
}

function intentOf(object: RawObject): string {
  return object.metadata.annotations?.[ANNOTATIONS.intent] ?? '';
}

function backIntent({ world, saved }: Scene): void {
  world.edit((object) => ({
    ...object,
    metadata: { ...object.metadata, annotations: { ...saved.metadata.annotations } },
  }));
}

function backStatus({ world, saved }: Scene, change: Readonly<Record<string, unknown>> = {}): void {
  world.edit((object) => ({ ...object, status: { ...statusOf(saved), ...change } }));
}

/** Applied anew from the backup: another uid, annotations, no status. */
function backObject({ world, saved }: Scene, spec: Readonly<Record<string, unknown>> = {}): void {
  tearOut(world);
  world.apply('train-1', { ...specOf(saved), ...spec }, { [ANNOTATIONS.intent]: intentOf(saved) });
}

function liveIds({ world }: Scene): readonly string[] {
  return world.api.world.ledger.live().flatMap(({ id }) => (world.foreignIds.includes(id) ? [] : [id]));
}

function ordered({ world }: Scene): number {
  return world.api.world.ledger.entries().filter(({ name }) => name.startsWith('gp-')).length;
}

/** Conditions of the object with a reason that is looked for. */
function says({ world }: Scene, reason: string): boolean {
  const { conditions = [] } = statusOf(required(world.object())) as {
    conditions?: readonly { reason: string }[];
  };
  return conditions.some((condition) => condition.reason === reason);
}

describe('what comes back from an older moment never ends the instance that runs', () => {
  it.each<{ name: string; back: (scene: Scene) => void }>([
    { name: 'the object, under another uid', back: backObject },
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
      name: 'the status, with an ending that was begun',
      back: (scene) => {
        const attempts = attemptsOf(scene.saved).map((attempt) => ({ ...attempt, ending: 'SpecChanged' }));
        backStatus(scene, { attempts });
      },
    },
    {
      name: 'the status but for the id, with an ending that was begun',
      back: (scene) => {
        const attempts = attemptsOf(scene.saved).map((attempt) => ({ ...attempt, ending: 'Suspended' }));
        backStatus(scene, { podId: scene.runningId, attempts });
      },
    },
    {
      name: 'nothing of annotations and status',
      back: ({ world }) => {
        replaceFromFile(world);
        world.edit((object) => ({ ...object, status: { observedGeneration: -1 } }));
      },
    },
    {
      name: 'the status of a search, and old annotations',
      back: (scene) => {
        backIntent(scene);
        scene.world.edit((object) => ({
          ...object,
          status: { observedGeneration: 1, searchStartedAt: '2026-01-01T00:00:00Z' },
        }));
      },
    },
  ])('$name: it is adopted', async ({ back }) => {
    const scene = await secondAttempt();
    const { world, runningId } = scene;
    const before = ordered(scene);
    back(scene);
    await world.until('adopted', () => world.isReady() && podIdOf(world.object()) === runningId, LONG_MS);
    await world.pass(LONG_MS);
    expect(podIdOf(world.object())).toBe(runningId);
    expect(liveIds(scene)).toContain(runningId);
    expect(ordered(scene)).toBe(before);
    expect(world.books.violations).toEqual([]);
    world.delete();
    await world.until('gone', () => world.object() === undefined, LONG_MS);
    expect(liveIds(scene)).not.toContain(runningId);
  });

  it('a process that has just started knows no more, and does the same', async () => {
    const scene = await secondAttempt({ orphanPolicy: 'Terminate' });
    const { world, runningId } = scene;
    const before = ordered(scene);
    world.operator.kill();
    backIntent(scene);
    backStatus(scene);
    await world.until('adopted', () => world.isReady() && podIdOf(world.object()) === runningId, LONG_MS);
    expect(ordered(scene)).toBe(before);
    expect(liveIds(scene)).toContain(runningId);
  });

  it('a suspended GpuPod that comes back: its instance is reported, and adopted once that is wanted', async () => {
    const scene = await secondAttempt({ orphanPolicy: 'Terminate' });
    const { world, runningId } = scene;
    const before = ordered(scene);
    backObject(scene, { suspend: true });
    await world.until('reported', () => says(scene, 'NewerInstance'), LONG_MS);
    await world.pass(LONG_MS);
    expect(liveIds(scene)).toContain(runningId);
    expect(ordered(scene)).toBe(before);
    const text = JSON.stringify(statusOf(required(world.object())));
    expect(text).toContain(`Instance ${runningId} (1.90 USD/h) bills and is newer`);

    specChange({ suspend: false })(world);
    await world.until('adopted', () => world.isReady() && podIdOf(world.object()) === runningId, LONG_MS);
    expect(ordered(scene)).toBe(before);
  });

  it('the object, whose cap was lower then: its instance is reported, and adopted once the cap allows it', async () => {
    const scene = await secondAttempt({ orphanPolicy: 'Terminate' });
    const { world, runningId } = scene;
    const before = ordered(scene);
    backObject(scene, { maxPrice: 1 });
    await world.until('reported', () => says(scene, 'NewerInstance'), LONG_MS);
    await world.pass(LONG_MS);
    expect(world.isReady()).toBe(false);
    expect(liveIds(scene)).toContain(runningId);
    expect(JSON.stringify(statusOf(required(world.object())))).toContain('above the cap of 1.00 USD/h');

    specChange({ maxPrice: 3 })(world);
    await world.until('adopted', () => world.isReady() && podIdOf(world.object()) === runningId, LONG_MS);
    expect(ordered(scene)).toBe(before);
    expect(world.books.violations).toEqual([]);
  });

  it('a GpuPod that comes back and is deleted unseen goes, and leaves an instance that it has not adopted', async () => {
    const scene = await secondAttempt({ orphanPolicy: 'Terminate' });
    const { world, runningId } = scene;
    backObject(scene, { suspend: true });
    await world.until('reported', () => says(scene, 'NewerInstance'), LONG_MS);
    expect(liveIds(scene)).toContain(runningId);
    world.delete();
    await world.until('gone', () => world.object() === undefined, LONG_MS);
    expect(world.api.world.ledger.deletes.map(({ podId }) => podId)).not.toContain(runningId);
  });

  it('what was retained is left alone by the GpuPod that comes back, whichever attempt it tells of', async () => {
    const scene = await secondAttempt();
    const { world, runningId } = scene;
    specChange({ deletionPolicy: 'Retain' })(world);
    await world.pass(5_000);
    world.delete();
    await world.until('gone', () => world.object() === undefined, LONG_MS);
    world.apply('train-1', specOf(scene.saved), { [ANNOTATIONS.intent]: intentOf(scene.saved) });
    await world.until('ready', () => world.isReady(), LONG_MS);
    expect(podIdOf(world.object())).not.toBe(runningId);
    world.delete();
    await world.until('gone', () => world.object() === undefined, LONG_MS);
    await world.pass(LONG_MS);
    expect(liveIds(scene)).toContain(runningId);
  });

  it('Retain keeps what runs, also where an old status names what ran before', async () => {
    const scene = await secondAttempt();
    const { world, runningId } = scene;
    specChange({ deletionPolicy: 'Retain' })(world);
    world.operator.kill();
    backIntent(scene);
    backStatus(scene);
    world.delete();
    await world.until('gone', () => world.object() === undefined, LONG_MS);
    await world.pass(LONG_MS);
    expect(liveIds(scene)).toContain(runningId);
  });
});

describe('an instance that got dearer than the cap before anybody called it ready', () => {
  it('is reported, and not adopted as a ready one, where its record was taken away and the process died', async () => {
    const world = new SimulatedWorld({
      provider: { podRules: [{ nameIncludes: '-1-team-a', priceShownFrom: 'Active', activePriceFactor: 9 }] },
    });
    world.api.faults.add({ method: 'POST', path: '/pods/', times: 1, effect: { kind: 'ResetAfter' } });
    world.startOperator();
    await world.pass(1_000);
    world.apply();
    const dear = (): string | undefined =>
      world.api.world.ledger.live().find(({ name }) => /^gp-abc123-.*-1-team-a-train-1$/.test(name))?.id;
    await world.until('it is there', () => dear() !== undefined);
    replaceFromFile(world);
    world.operator.kill();
    await world.until('reported', () => reasonOf(required(world.object()), 'Stalled') === 'NewerInstance');
    const id = dear() ?? '';
    await world.pass(LONG_MS);
    expect(world.isReady()).toBe(false);
    expect(dear()).toBe(id);
    expect(world.books.violations).toEqual([]);
    world.api.world.pods.end(id, 'Forced');
    await world.until('ready', () => world.isReady(), LONG_MS);
    expect(podIdOf(world.object())).not.toBe(id);
  });
});

describe('an object that adopted the instance of a vanished uid', () => {
  it('ends no other instance of that uid, and does not wait for it when it goes', async () => {
    const world = await readyWorld();
    const saved = structuredClone(required(world.object()));
    const name = String(Reflect.get(statusOf(saved), 'podName'));
    restore(world);
    await world.until('adopted', () => world.isReady());
    const adopted = podIdOf(world.object());
    // A second one of the same attempt: whose it was nobody can say any more.
    expect(adopted).toBe(podIdOf(saved));
    const twin = plantPod(world.api.world, { name, userId: 'user_1' }).id;
    await world.pass(LONG_MS);
    expect(world.isReady()).toBe(true);
    world.delete();
    await world.until('gone', () => world.object() === undefined, LONG_MS);
    expect(world.api.world.ledger.deletes.map(({ podId }) => podId)).not.toContain(twin);
  });
});

function attemptsOf(object: RawObject): readonly Readonly<Record<string, unknown>>[] {
  const { attempts = [] } = statusOf(object) as { attempts?: readonly Readonly<Record<string, unknown>>[] };
  return attempts;
}
