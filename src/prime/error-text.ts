import { parseJson } from './parse-json.ts';
import { redact, redactWhole } from './redact.ts';

/** A condition message has at most this many characters: a table must stay readable. */
const MAX_MESSAGE_LENGTH = 300;
/** What is looked at of an error body: more than this is no sentence for a person. */
const MAX_SCANNED_LENGTH = 4096;
/** Of a list of errors so many are told; the message has no room for more. */
const MAX_ERRORS = 20;

/**
 * What an error body says, in any of the shapes that the API is known for; undefined if it is not a JSON
 * object with a text in one of them: `errors[].param/details`, `detail` (text or list), `error`,
 * `error.message`, `message`.
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

/** What any body says: the text of a JSON error, else the words of what was sent instead. */
export function errorText(text: string): string {
  const found = jsonErrorText(parseJson(text));
  return found ?? text.slice(0, MAX_SCANNED_LENGTH).replaceAll(/<[^<>]*>/g, ' ');
}

/**
 * One line for a person: secrets taken out (a server may echo what it was sent), control characters
 * gone, white space evened out, cut to `maxLength`.
 */
export function cleanText(
  text: string,
  secrets: readonly string[] = [],
  maxLength = MAX_MESSAGE_LENGTH,
): string {
  const line = redactWhole(text.slice(0, MAX_SCANNED_LENGTH), secrets)
    .replaceAll(/[\p{C}\s]+/gu, ' ')
    .trim();
  // A secret that a cut went through, or that came in another form, is still known by its parts.
  const safe = redact(line.slice(0, 2 * maxLength), secrets);
  return safe.length <= maxLength
    ? safe
    : `${safe
        .slice(0, maxLength - 1)
        .trimEnd()
        .toWellFormed()}…`;
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

/** `body.pod.envVars.0`. Steps are texts and numbers; anything else may not even have a text. */
function pathText(place: readonly unknown[]): string | undefined {
  const steps = place
    .slice(0, MAX_ERRORS)
    .filter((step) => typeof step === 'string' || typeof step === 'number');
  return asText(steps.join('.'));
}

function asText(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
