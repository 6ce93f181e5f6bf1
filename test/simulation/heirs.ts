import { isDeepStrictEqual } from 'node:util';
import { ANNOTATIONS } from '../../src/api/names.ts';
import { FROZEN_FIELDS } from '../../src/api/spec.ts';
import { stringAt } from '../../src/json.ts';
import type { RawObject } from '../../src/kubernetes/objects.ts';
import { podIdOf, specOf } from './readings.ts';
import type { Change } from './simulated-api-server.ts';

interface Heir {
  readonly uid: string;
  /** It wants the instance gone, or something else than was bought. */
  isAsked: boolean;
}

/**
 * Instances whose GpuPod was torn out and came back from a backup, with the order of an earlier moment on it: they are
 * its successor's, to be taken over or reported, whichever attempt that order was of.
 */
export class Heirs {
  readonly #left = new Map<string, { readonly podId: string; readonly object: RawObject }>();
  readonly #heirs = new Map<string, Heir>();

  /** The GpuPod that has this instance is gone, and did not end it. */
  leave(object: RawObject, podId: string): void {
    this.#left.set(object.metadata.uid, { podId, object });
  }

  note({ object, type, before }: Change): void {
    if (type === 'ADDED') this.#inherit(object);
    const podId = podIdOf(object);
    const { uid } = object.metadata;
    // Somebody else has taken it over: a copy, for example.
    if (podId !== undefined && this.#heirs.get(podId)?.uid !== uid) this.#heirs.delete(podId);
    for (const heir of this.#heirs.values()) {
      if (heir.uid === uid && isUnwanted(object, type, before ?? object)) heir.isAsked = true;
    }
  }

  /** Whether somebody has come back for it, and wants it. */
  isWanted(podId: string): boolean {
    return this.#heirs.get(podId)?.isAsked === false;
  }

  #inherit(object: RawObject): void {
    const left = this.#left.get(orderedForUid(object) ?? '');
    if (left === undefined || !isSamePlace(left.object, object)) return;
    const isAsked = isUnwanted(object, 'ADDED', left.object);
    this.#heirs.set(left.podId, { uid: object.metadata.uid, isAsked });
  }
}

function isUnwanted(object: RawObject, type: Change['type'], before: RawObject): boolean {
  const spec = specOf(object);
  const was = specOf(before);
  return (
    type === 'DELETED' ||
    object.metadata.deletionTimestamp !== undefined ||
    spec['suspend'] === true ||
    object.metadata.annotations?.[ANNOTATIONS.intent] === undefined ||
    [...FROZEN_FIELDS, 'maxPrice'].some((field) => !isDeepStrictEqual(spec[field], was[field]))
  );
}

function isSamePlace({ metadata: left }: RawObject, { metadata: right }: RawObject): boolean {
  return left.namespace === right.namespace && left.name === right.name;
}

/** The uid that the order on an object was written for. */
function orderedForUid({ metadata }: RawObject): string | undefined {
  const text = metadata.annotations?.[ANNOTATIONS.intent];
  try {
    return text === undefined ? undefined : stringAt(JSON.parse(text), 'uid');
  } catch {
    return undefined;
  }
}
