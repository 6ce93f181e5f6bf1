import type { RawObject } from '../../src/kubernetes/objects.ts';
import {
  annotate,
  lasting,
  lastingAnnotations,
  NAME,
  specAt,
  specChange,
  TOO_LOW_USD,
  USUAL_USD,
  withAnnotations,
  withoutFinalizers,
} from './edits.ts';
import type { Action } from './edits.ts';
import { copyForged, heldByAnother, nameAnother } from './meddling.ts';
import { podIdOf, specOf } from './readings.ts';
import { NAMESPACE } from './simulation.ts';
import type { Simulation } from './simulation.ts';

export { annotate, specChange, statusChange } from './edits.ts';
export type { Action } from './edits.ts';

const FORCE_RELEASE = 'gpupod.dev/force-release';
const REQUEST = 'gpupod.dev/reconcile-requested-at';

export const stripAnnotations: Action = (simulation, name) => {
  simulation.edit((object) => withAnnotations(object, {}), name);
};

/** Not for an object that is being deleted: that would remove it, see {@link removeByForce}. */
const stripFinalizer: Action = (simulation, name) => {
  simulation.edit(withoutFinalizers, name);
};

const stripStatus: Action = (simulation, name) => {
  simulation.edit((object) => ({ ...object, status: { observedGeneration: -1 } }), name);
};

/** `kubectl replace` with the original file: annotations and finalizer are lost, the status stays. */
export const replaceFromFile: Action = (simulation, name) => {
  simulation.edit((object) => withAnnotations(withoutFinalizers(object), {}), name);
};

/** A person removes the object with its finalizer. Nobody in the cluster knows its instance any more. */
export const removeByForce: Action = (simulation, name) => {
  if (simulation.object(name) === undefined) return;
  stripFinalizer(simulation, name);
  simulation.delete(name);
};

/** Removed by force, and applied again from its file. */
export const removeByForceAndApply: Action = (simulation, name = NAME) => {
  const spec = specAt(simulation, name);
  if (spec === undefined) return;
  removeByForce(simulation, name);
  simulation.apply(name, spec);
};

/** A backup tool restores it: same name and annotations, no status, another UID. */
export const restore: Action = (simulation, name = NAME) => {
  const spec = specAt(simulation, name);
  if (spec === undefined) return;
  const annotations = { ...simulation.object(name)?.metadata.annotations };
  removeByForce(simulation, name);
  simulation.apply(name, spec, annotations);
};

/** A backup tool restores an earlier moment: its spec and annotations, no status, another UID. */
export function restoreFrom(saved: RawObject): Action {
  return (simulation, name = NAME) => {
    if (simulation.object(name) === undefined) return;
    removeByForce(simulation, name);
    simulation.apply(name, lasting(specOf(saved)), lastingAnnotations(saved));
  };
}

/** A backup tool restores the moment before the second attempt. */
const restoreOlder: Action = (simulation, name) => {
  const saved = simulation.object(name);
  if (saved === undefined || saved.metadata.deletionTimestamp !== undefined) return;
  SUSPEND(simulation, name);
  simulation.later(60_000, () => {
    RESUME(simulation, name);
  });
  simulation.later(360_000, () => {
    restoreFrom(saved)(simulation, name);
  });
};

/**
 * A person copies the YAML with its annotations for a second GpuPod, without changes that are meant to be
 * temporary.
 */
export function copyTo(namespace: string, copyName?: string, otherCluster?: Simulation): Action {
  return (simulation, name = NAME) => {
    const object = simulation.object(name);
    if (object === undefined) return;
    (otherCluster ?? simulation).apply(
      copyName ?? name,
      lasting(specOf(object)),
      lastingAnnotations(object),
      namespace,
    );
  };
}

/**
 * A person accepts to pay for the instance in the status. It keeps billing, and the operator does not
 * terminate it.
 */
const forceRelease: Action = (simulation, name) => {
  const object = simulation.object(name);
  const podId = object === undefined ? undefined : podIdOf(object);
  if (podId === undefined) return;
  simulation.leftIds.add(podId);
  annotate(FORCE_RELEASE, podId)(simulation, name);
  simulation.delete(name);
};

/** The provider terminates the instance. A person requests another one after a while. */
const loseInstance: Action = (simulation, name) => {
  const object = simulation.object(name);
  const podId = object === undefined ? undefined : podIdOf(object);
  if (podId === undefined) return;
  simulation.api.world.pods.loseSpot(podId);
  simulation.later(400_000, () => {
    annotate(REQUEST, simulation.nowText())(simulation, name);
  });
};

function breakWatch(ms: number): Action {
  return (simulation) => {
    for (const operator of simulation.operators) {
      if (!operator.isDead) operator.view.breakFor(ms);
    }
  };
}

function jumpWall(byMs: number): Action {
  return (simulation) => {
    for (const operator of simulation.operators) operator.clock.jumpWall(byMs);
  };
}

/** The key is replaced by that of another account, and restored after a while. */
function swapKey(ms: number): Action {
  return (simulation) => {
    if (simulation.settings.key.text === 'other-key') return;
    simulation.changeKey('other-key');
    simulation.later(ms, () => {
      simulation.changeKey('test-key');
    });
  };
}

/** Does something, and undoes it after a while. */
function forAWhile(ms: number, begin: Action, end: Action): Action {
  return (simulation, name) => {
    begin(simulation, name);
    simulation.later(ms, () => {
      end(simulation, name);
    });
  };
}

/** The API server may refuse what people try: the object may not exist, or its spec may be frozen. */
export function attempt(simulation: Simulation, action: Action, name?: string): void {
  try {
    action(simulation, name);
  } catch (error) {
    simulation.trace.add(
      simulation.time.nowMs,
      `refused: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

const SUSPEND = specChange({ suspend: true });
const RESUME = specChange({ suspend: false });

/**
 * Removes marks that the operator relies on. If no list shows the instance yet, only the sweeps can find it.
 */
export const STRIPPING: Readonly<Record<string, Action>> = {
  'annotations stripped': stripAnnotations,
  'replaced from its file': replaceFromFile,
};

/** What may also happen to an object that is being deleted. */
export const ANYTIME: Readonly<Record<string, Action>> = {
  ...STRIPPING,
  'finalizer stripped': stripFinalizer,
  'status stripped': stripStatus,
  'suspended for 3 s': forAWhile(3_000, SUSPEND, RESUME),
  'suspended for 2 min': forAWhile(120_000, SUSPEND, RESUME),
  'paused for 2 min': forAWhile(
    120_000,
    annotate('gpupod.dev/paused', 'true'),
    annotate('gpupod.dev/paused', undefined),
  ),
  'cap lowered a little': specChange({ maxPrice: 2.95 }),
  'cap below every price for 3 min': forAWhile(
    180_000,
    specChange({ maxPrice: TOO_LOW_USD }),
    specChange({ maxPrice: USUAL_USD }),
  ),
  'asked for a reconcile': annotate(REQUEST, 'now'),
  'image changed': specChange({ image: 'ubuntu_22_cuda_12', provisioningTimeout: '30m' }),
  'watch broken for 5 s': breakWatch(5_000),
  'watch broken for 4 min': breakWatch(240_000),
  'wall clock an hour ahead': jumpWall(3_600_000),
  'wall clock an hour back': jumpWall(-3_600_000),
  'key of another account for 40 s': swapKey(40_000),
  'held by a foreign finalizer for 5 min': heldByAnother,
  'names the instance of another for 2 s': nameAnother,
};

/** Afterwards an object of this name exists, and its spec wants the same as before. */
export const HARMLESS: Readonly<Record<string, Action>> = {
  ...ANYTIME,
  'copied in its namespace': (simulation, name = NAME) => {
    copyTo(NAMESPACE, `${name}-copy`)(simulation, name);
  },
  'copied to another namespace': copyTo('team-b'),
  'copied with a forged create intent': copyForged,
};

/** Afterwards the object or its instance may not exist any more. */
export const ODD: Readonly<Record<string, Action>> = {
  'released by force': forceRelease,
  'machine lost': loseInstance,
  'deleted early': (simulation, name) => {
    const finalizers = simulation.object(name)?.metadata.finalizers ?? [];
    // Deleting an object whose finalizer a person removed would remove it by force.
    if (finalizers.length > 0) simulation.delete(name);
  },
};

/** A person removes an object by force. Only sweeps can find its instance. */
export const DESTRUCTIVE: Readonly<Record<string, Action>> = {
  'removed by force and applied again': removeByForceAndApply,
  'restored from a backup': restore,
  'restored from one attempt ago': restoreOlder,
};
