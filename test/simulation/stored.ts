/** Values that {@link stored} returned. They need no second copy. */
const STORED = new WeakSet();

/**
 * The value as it comes back from the API server: without undefined keys, and sharing nothing with the
 * sender.
 */
export function stored<T>(value: T): T;
export function stored(value: unknown): unknown {
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (typeof value !== 'object' || value === null || STORED.has(value)) return value;
  const copy = Array.isArray(value) ? value.map((item: unknown) => stored(item)) : storedFields(value);
  STORED.add(copy);
  return Object.freeze(copy);
}

function storedFields(value: object): Record<string, unknown> {
  const copy: Record<string, unknown> = {};
  for (const [key, field] of Object.entries(value)) {
    if (field !== undefined) copy[key] = stored(field);
  }
  return copy;
}
