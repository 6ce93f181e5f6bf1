import { isRecord } from '../../src/json.ts';
import type { RawObject } from '../../src/kubernetes/objects.ts';
import type { Secret } from '../../src/kubernetes/client/secrets-client.ts';

/** Applies a merge patch: null removes a key. */
export function mergeData(held: RawObject, body: unknown): RawObject {
  const patch: unknown = isRecord(body) ? body['data'] : {};
  const merged = { ...dataOf(held), ...(isRecord(patch) ? patch : {}) };
  const data = Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== null));
  return { ...held, data };
}

/** Secrets and ConfigMaps look alike to their readers: texts by key. */
export function toSecret(object: RawObject): Secret {
  return { ...object, data: dataOf(object) };
}

export function optionalSecret(object: RawObject | undefined): Secret | undefined {
  return object === undefined ? undefined : toSecret(object);
}

function dataOf(object: RawObject): Record<string, string> {
  const { data } = object;
  const entries = isRecord(data) ? Object.entries(data) : [];
  return Object.fromEntries(entries.map(([key, value]) => [key, String(value)]));
}
