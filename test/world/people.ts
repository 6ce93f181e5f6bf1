import { isRecord } from '../../src/kubernetes/json.ts';
import type { RawObject } from '../../src/kubernetes/objects.ts';
import { NAMESPACE } from './simulated-world.ts';
import type { SimulatedWorld } from './simulated-world.ts';

/** What a person, a backup tool or a network may do to a world between any two effects. */
export type Doing = (world: SimulatedWorld) => void;

export function specChange(change: Readonly<Record<string, unknown>>): Doing {
  return (world) => {
    world.edit((object) => ({
      ...object,
      spec: { ...(isRecord(object['spec']) ? object['spec'] : {}), ...change },
    }));
  };
}

export function annotate(name: string, value: string | undefined): Doing {
  return (world) => {
    world.edit((object) => withAnnotations(object, { ...object.metadata.annotations, [name]: value }));
  };
}

function withAnnotations(object: RawObject, annotations: Record<string, string | undefined>): RawObject {
  const kept = Object.entries(annotations).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  return { ...object, metadata: { ...object.metadata, annotations: Object.fromEntries(kept) } };
}

export function stripAnnotations(world: SimulatedWorld): void {
  world.edit((object) => withAnnotations(object, {}));
}

export function stripFinalizer(world: SimulatedWorld): void {
  world.edit((object) => ({ ...object, metadata: { ...object.metadata, finalizers: [] } }));
}

export function stripStatus(world: SimulatedWorld): void {
  world.edit((object) => ({ ...object, status: { observedGeneration: -1 } }));
}

/** `kubectl replace` with the file it was made from: annotations and finalizer are gone, the status stays. */
export function replaceFromFile(world: SimulatedWorld): void {
  world.edit((object) =>
    withAnnotations({ ...object, metadata: { ...object.metadata, finalizers: [] } }, {}),
  );
}

/** The object is torn out, finalizer and all; what was rented for it nobody on the cluster knows. */
export function tearOut(world: SimulatedWorld): void {
  if (world.object() === undefined) return;
  stripFinalizer(world);
  world.delete();
}

/** Torn out, and made anew from its file. */
export function tearOutAndApply(world: SimulatedWorld): void {
  tearOut(world);
  world.apply();
}

/** A backup tool: same name and annotations, no status, another uid. */
export function restore(world: SimulatedWorld): void {
  const annotations = { ...world.object()?.metadata.annotations };
  tearOut(world);
  world.apply('train-1', {}, annotations);
}

/** Somebody copies the YAML, annotations and all, for a second GpuPod. */
export function copyTo(namespace: string, name: string): Doing {
  return (world) => {
    const annotations = { ...world.object()?.metadata.annotations };
    world.apply(name, {}, annotations, namespace);
  };
}

export function breakWatch(ms: number): Doing {
  return (world) => {
    for (const operator of world.operators) {
      if (!operator.isDead) operator.view.breakFor(ms);
    }
  };
}

export function jumpWall(byMs: number): Doing {
  return (world) => {
    for (const operator of world.operators) operator.clock.jumpWall(byMs);
  };
}

/** Does it, and undoes it after a while. */
export function forAWhile(ms: number, begin: Doing, end: Doing): Doing {
  return (world) => {
    begin(world);
    world.time.schedule(ms, () => {
      attempt(world, end);
    });
  };
}

/** What people try may be refused: the object may be gone, or its spec frozen. */
export function attempt(world: SimulatedWorld, doing: Doing): void {
  try {
    doing(world);
  } catch (error) {
    world.trace.add(world.time.nowMs, `refused: ${error instanceof Error ? error.message : String(error)}`);
  }
}

const SUSPEND = specChange({ suspend: true });
const RESUME = specChange({ suspend: false });
const REQUEST = 'gpupod.dev/reconcile-requested-at';

/** After these an object of this name is there, and what it wants is what it wanted. */
export const GENTLE: Readonly<Record<string, Doing>> = {
  'annotations stripped': stripAnnotations,
  'finalizer stripped': stripFinalizer,
  'status stripped': stripStatus,
  'replaced from its file': replaceFromFile,
  'suspended for 3 s': forAWhile(3_000, SUSPEND, RESUME),
  'suspended for 2 min': forAWhile(120_000, SUSPEND, RESUME),
  'paused for 2 min': forAWhile(
    120_000,
    annotate('gpupod.dev/paused', 'true'),
    annotate('gpupod.dev/paused', undefined),
  ),
  'cap lowered a little': specChange({ maxPrice: 2.95 }),
  'asked for a look': annotate(REQUEST, 'now'),
  'image changed': specChange({ image: 'ubuntu_22_cuda_12', provisioningTimeout: '30m' }),
  'watch broken for 5 s': breakWatch(5_000),
  'watch broken for 4 min': breakWatch(240_000),
  'wall clock an hour ahead': jumpWall(3_600_000),
  'wall clock an hour back': jumpWall(-3_600_000),
  'copied in its namespace': copyTo(NAMESPACE, 'copy-1'),
  'copied to another namespace': copyTo('team-b', 'train-1'),
};

/** After these somebody took an object away by force: what was rented for it may have to be found by sweeps. */
export const FORCEFUL: Readonly<Record<string, Doing>> = {
  'torn out and applied again': tearOutAndApply,
  'restored from a backup': restore,
};
