import { isRecord } from '../../src/kubernetes/json.ts';
import type { RawObject } from '../../src/kubernetes/objects.ts';
import type { Secret } from '../../src/kubernetes/secrets-client.ts';

export function mergeData(held: RawObject, body: unknown): RawObject {
  const patch: unknown = isRecord(body) ? body['data'] : {};
  return { ...held, data: { ...dataOf(held), ...(isRecord(patch) ? patch : {}) } };
}

/** Secrets and ConfigMaps are alike to their readers: texts by key. */
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
