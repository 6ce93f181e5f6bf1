import { parseJson } from './parse-json.ts';

/** A key that is so short that it may stand in any text by chance is none. */
const MIN_KEY_LENGTH = 8;
const PLACEHOLDER = '[redacted]';

/**
 * Fields that name something: decisions rest on them. A namespace or a GpuPod may be called what happens to be a part of the
 * key, and an instance that cannot be recognised by its name would be ordered again.
 */
const NAMES: ReadonlySet<string> = new Set([
  'id',
  'podId',
  'name',
  'userId',
  'teamId',
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
  return typeof value === 'string' && !NAMES.has(field) ? value.replaceAll(key, PLACEHOLDER) : value;
}
