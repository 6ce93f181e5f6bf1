/** The keys of `value` that are not undefined: with exactOptionalPropertyTypes the others must not be there. */
export function defined<T extends object>(value: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  // Object.fromEntries forgets which key has which type; the entries are those of T.
  return Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], undefined> };
}
