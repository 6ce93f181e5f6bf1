import { isDeepStrictEqual } from 'node:util';
import { ANNOTATIONS } from '../../src/api/common/names.ts';
import { FROZEN_FIELDS } from '../../src/api/gpupod/spec.ts';
import { parseJson, stringAt } from '../../src/json.ts';
import type { RawObject } from '../../src/kubernetes/objects.ts';
import { podIdOf, specOf } from './readings.ts';
import type { Change } from './simulated-api-server.ts';

interface Successor {
  readonly uid: string;
  /** It wants the instance terminated, or something else than was bought. */
  isAsked: boolean;
}

/**
 * Instances of a GpuPod that was removed by force and restored from a backup, with a create intent of an
 * earlier moment. They belong to the restored GpuPod, which adopts or reports them, whichever attempt that
 * create intent was for.
 */
export class Successors {
  readonly #left = new Map<string, { readonly podId: string; readonly object: RawObject }>();
  readonly #successors = new Map<string, Successor>();

  /** The GpuPod of this instance is deleted, and did not terminate it. */
  leave(object: RawObject, podId: string): void {
    this.#left.set(object.metadata.uid, { podId, object });
  }

  note({ object, type, before }: Change): void {
    if (type === 'ADDED') this.#addSuccessor(object);
    const podId = podIdOf(object);
    const { uid } = object.metadata;
    // Another GpuPod has adopted it, for example a copy.
    if (podId !== undefined && this.#successors.get(podId)?.uid !== uid) this.#successors.delete(podId);
    for (const successor of this.#successors.values()) {
      if (successor.uid === uid && isUnwanted(object, type, before ?? object)) successor.isAsked = true;
    }
  }

  /** Whether a restored GpuPod wants this instance. */
  isWanted(podId: string): boolean {
    return this.#successors.get(podId)?.isAsked === false;
  }

  #addSuccessor(object: RawObject): void {
    const left = this.#left.get(intentUid(object) ?? '');
    if (left === undefined || !isSamePlace(left.object, object)) return;
    const isAsked = isUnwanted(object, 'ADDED', left.object);
    this.#successors.set(left.podId, { uid: object.metadata.uid, isAsked });
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

/** The UID that the create intent on an object was written for. */
function intentUid({ metadata }: RawObject): string | undefined {
  const text = metadata.annotations?.[ANNOTATIONS.intent];
  return text === undefined ? undefined : stringAt(parseJson(text), 'uid');
}
