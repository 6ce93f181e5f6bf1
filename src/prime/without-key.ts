import { parseJson } from './parse-json.ts';

/** A key that is so short that it may stand in any text by chance is none. */
const MIN_KEY_LENGTH = 8;
const PLACEHOLDER = '[redacted]';

/** Fields that the provider alone fills: one that repeats the key is no id, and would be shown and put into addresses. */
const IDS: ReadonlySet<string> = new Set(['id', 'podId', 'userId', 'teamId']);

/**
 * Fields that name something: decisions rest on them. A namespace or a GpuPod may be called what happens to be a part of the
 * key, and an instance that cannot be recognised by its name would be ordered again.
 */
const NAMES: ReadonlySet<string> = new Set([
  'name',
  'cloudId',
  'gpuName',
  'gpuType',
  'socket',
  'provider',
  'providerType',
  'region',
  'dataCenter',
  'dataCenterId',
  'country',
]);

/** The text of an answer with the API key taken out of all that is shown and nothing rests on. */
export function withoutKey(text: string, key: string): string {
  if (key.length < MIN_KEY_LENGTH || !text.includes(key)) {
    return text;
  }
  const body = parseJson(text);
  return body === undefined
    ? text.replaceAll(key, PLACEHOLDER)
    : JSON.stringify(body, (field, value: unknown) => redacted(field, value, key));
}

function redacted(field: string, value: unknown, key: string): unknown {
  if (typeof value !== 'string' || !value.includes(key)) {
    return value;
  }
  if (IDS.has(field)) {
    return null;
  }
  // What is nothing but the key was given by nobody who named anything.
  return NAMES.has(field) && value.trim() !== key ? value : value.replaceAll(key, PLACEHOLDER);
}
