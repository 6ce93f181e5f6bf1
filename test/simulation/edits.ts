import type { RawObject } from '../../src/kubernetes/objects.ts';
import { specOf, statusOf } from './readings.ts';
import type { Simulation } from './simulation.ts';

/**
 * What a person, a backup tool or a network does to a simulation, or to one of its GpuPods, between two
 * effects.
 */
export type Action = (simulation: Simulation, name?: string) => void;

export const NAME = 'train-1';
export const USUAL_USD = 3;
export const TOO_LOW_USD = 1;

/** A change of fields of the spec. */
export function withSpec(change: Readonly<Record<string, unknown>>) {
  return (object: RawObject): RawObject => ({ ...object, spec: { ...specOf(object), ...change } });
}

/** A change of fields of the status. Undefined removes a field. */
export function withStatus(change: Readonly<Record<string, unknown>>) {
  return (object: RawObject): RawObject => ({ ...object, status: { ...statusOf(object), ...change } });
}

/** Finalizers of an object that is being deleted stay: without them it would be gone. */
export function withoutFinalizers(object: RawObject): RawObject {
  const { metadata } = object;
  return metadata.deletionTimestamp === undefined
    ? { ...object, metadata: { ...metadata, finalizers: [] } }
    : object;
}

export function specChange(change: Readonly<Record<string, unknown>>): Action {
  return (simulation, name) => {
    simulation.edit(withSpec(change), name);
  };
}

/** A person changes fields that only the operator should write. Undefined removes a field. */
export function statusChange(change: Readonly<Record<string, unknown>>): Action {
  return (simulation, name) => {
    simulation.edit(withStatus(change), name);
  };
}

export function annotate(annotation: string, value: string | undefined): Action {
  return (simulation, name) => {
    simulation.edit(
      (object) => withAnnotations(object, { ...object.metadata.annotations, [annotation]: value }),
      name,
    );
  };
}

export function withAnnotations(
  object: RawObject,
  annotations: Record<string, string | undefined>,
): RawObject {
  const kept = Object.entries(annotations).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  return { ...object, metadata: { ...object.metadata, annotations: Object.fromEntries(kept) } };
}

/** The spec without fields that a person resets later, because nobody would reset them on a copy. */
export function lasting(spec: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { suspend: _suspend, ...rest } = spec;
  return rest['maxPrice'] === TOO_LOW_USD ? { ...rest, maxPrice: USUAL_USD } : rest;
}

/** The same for annotations. */
export function lastingAnnotations({ metadata }: RawObject): Record<string, string> {
  const { 'gpupod.dev/paused': _paused, ...annotations } = { ...metadata.annotations };
  return annotations;
}

/** Undefined if the object no longer exists. */
export function specAt(simulation: Simulation, name: string): Readonly<Record<string, unknown>> | undefined {
  const object = simulation.object(name);
  return object === undefined ? undefined : specOf(object);
}
