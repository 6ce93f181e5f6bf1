import { parseJson } from './parse-json.ts';

/** A shorter key could occur in any text by chance. */
const MIN_KEY_LENGTH = 8;
const PLACEHOLDER = '[redacted]';

/**
 * Only the provider fills these fields. An ID that repeats the key is no ID, and would be shown and put into
 * URLs.
 */
const IDS: ReadonlySet<string> = new Set(['id', 'podId', 'userId', 'teamId']);

/**
 * Decisions rest on these fields. The name of a namespace or GpuPod may happen to be part of the key, and
 * the operator would create an instance again if it could not recognize it by name.
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

/** The text of an answer without the API key, except in names that decisions rest on. */
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
  // A value that consists of nothing but the key is not a name.
  return NAMES.has(field) && value.trim() !== key ? value : value.replaceAll(key, PLACEHOLDER);
}
