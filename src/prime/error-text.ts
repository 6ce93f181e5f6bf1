import { isRecord, numberAt } from '../json.ts';
import { parseJson } from './parse-json.ts';
import { redact, redactWhole } from './redact.ts';

/** A condition message has at most this many characters, so that tables stay readable. */
const MAX_MESSAGE_LENGTH = 300;
/** The part of an error body that is scanned. A sentence for a person is shorter. */
const MAX_SCANNED_LENGTH = 4096;
/** The message has no room for more errors of a list. */
const MAX_ERRORS = 20;

/**
 * The text of a JSON error in any of the shapes that the API uses: `errors[].param/details`, `detail` (text
 * or list), `error`, `error.message`, `message`. Returns undefined if the body is no JSON object or has no
 * such text.
 */
export function jsonErrorText(body: unknown): string | undefined {
  if (!isRecord(body)) {
    return undefined;
  }
  const texts = [
    listText(body['errors'], 'param', 'details'),
    asText(body['detail']),
    listText(body['detail'], 'loc', 'msg'),
    asText(body['error']),
    isRecord(body['error']) ? asText(body['error']['message']) : undefined,
    asText(body['message']),
  ];
  return texts.find((text) => text !== undefined);
}

/** The text of a JSON error, else the words of the body without its markup. */
export function errorText(text: string): string {
  const found = jsonErrorText(parseJson(text));
  return found ?? text.slice(0, MAX_SCANNED_LENGTH).replaceAll(/<[^<>]*>/g, ' ');
}

/**
 * One line for a person, at most `maxLength` characters, without secrets and control characters. A server
 * may echo the request.
 */
export function cleanText(
  text: string,
  secrets: readonly string[] = [],
  maxLength = MAX_MESSAGE_LENGTH,
): string {
  const line = redactWhole(text.slice(0, MAX_SCANNED_LENGTH), secrets)
    .replaceAll(/[\p{C}\s]+/gu, ' ')
    .trim();
  // This also finds the rest of a secret that was cut, and a secret in another encoding.
  const safe = redact(line.slice(0, 2 * maxLength), secrets);
  return safe.length <= maxLength
    ? safe
    : `${safe
        .slice(0, maxLength - 1)
        .trimEnd()
        .toWellFormed()}…`;
}

/**
 * The code of a system or network error (`ECONNREFUSED`), else `ERROR`. A message could reveal addresses or
 * parts of the request. A proxy that refuses a tunnel has no code of its own, so its status says why.
 */
export function errorCode(error: unknown): string {
  const code = isRecord(error) ? error['code'] : undefined;
  const status = numberAt(isRecord(error) ? error['cause'] : undefined, 'statusCode');
  if (code === 'ERR_PROXY_TUNNEL' && status !== undefined) {
    return `the proxy answered ${String(status)}`;
  }
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]*$/.test(code) ? code : 'ERROR';
}

function listText(value: unknown, placeKey: string, textKey: string): string | undefined {
  if (!Array.isArray(value)) {
    return undefined;
  }
  const parts: string[] = [];
  for (const item of value.slice(0, MAX_ERRORS)) {
    const part = isRecord(item) ? itemText(item[placeKey], item[textKey]) : asText(item);
    if (part !== undefined) {
      parts.push(part);
    }
  }
  return parts.length === 0 ? undefined : parts.join('; ');
}

function itemText(place: unknown, text: unknown): string | undefined {
  const where = Array.isArray(place) ? pathText(place) : asText(place);
  const what = asText(text);
  return where !== undefined && what !== undefined ? `${where}: ${what}` : (what ?? where);
}

/**
 * `body.pod.envVars.0`. Only strings and numbers count as steps: other values may not convert to a string.
 */
function pathText(place: readonly unknown[]): string | undefined {
  const steps = place
    .slice(0, MAX_ERRORS)
    .filter((step) => typeof step === 'string' || typeof step === 'number');
  return asText(steps.join('.'));
}

function asText(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value : undefined;
}
