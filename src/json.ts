/** A JSON object with unknown members. */
export type JsonRecord = Readonly<Record<string, unknown>>;

/** True for a JSON object: neither null nor a list. */
export function isRecord(value: unknown): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value of a JSON text, or undefined if the text is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The member as an object, or an empty object if it is absent or has another type. */
export function recordAt(value: unknown, key: string): JsonRecord {
  const member = isRecord(value) ? value[key] : undefined;
  return isRecord(member) ? member : {};
}

/** The member as a string, or undefined if it is absent or has another type. */
export function stringAt(value: unknown, key: string): string | undefined {
  const member = isRecord(value) ? value[key] : undefined;
  return typeof member === 'string' ? member : undefined;
}

/** The member as a finite number, or undefined if it is absent or has another type. */
export function numberAt(value: unknown, key: string): number | undefined {
  const member = isRecord(value) ? value[key] : undefined;
  return typeof member === 'number' && Number.isFinite(member) ? member : undefined;
}

/** The members that are strings, as a new object. */
export function stringsOf(value: unknown): Record<string, string> {
  const strings: Record<string, string> = {};
  if (!isRecord(value)) {
    return strings;
  }
  for (const [key, member] of Object.entries(value)) {
    if (typeof member === 'string') {
      strings[key] = member;
    }
  }
  return strings;
}
