/** Adds what was seen to what is remembered. Beyond this number the oldest are forgotten. */
export function remember(known: Set<string>, seen: Iterable<string>, max: number): void {
  for (const one of seen) {
    known.add(one);
  }
  for (const oldest of known) {
    if (known.size <= max) {
      return;
    }
    known.delete(oldest);
  }
}
