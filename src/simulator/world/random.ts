/** A seeded source of numbers and IDs: the same seed gives the same run. */
export interface RandomSource {
  /** The next number in [0, 1). */
  next(): number;
  /** The next ID: 32 lower-case hex digits, the format of the provider's pod IDs. */
  hexId(): string;
}

/** mulberry32: small, fast, and good enough to choose faults and IDs. Not for secrets. */
export function createRandomSource(seed: number): RandomSource {
  let state = seed >>> 0;
  function nextUint32(): number {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }
  return {
    next: () => nextUint32() / 2 ** 32,
    hexId: () => Array.from({ length: 4 }, () => nextUint32().toString(16).padStart(8, '0')).join(''),
  };
}
