import { createRandomSource } from '../../../src/simulator/world/random.ts';

type Pick = <T>(items: readonly T[]) => T;
/** Random numbers of one stream, the same for the same seed. */
export interface Draws {
  readonly below: (limit: number) => number;
  readonly pick: Pick;
}

export function drawsOf(seed: number): Draws {
  const random = createRandomSource(seed * 7919 + 13);
  const below = (limit: number): number => Math.floor(random.next() * limit);
  return {
    below,
    pick: (items) => {
      const item = items[below(items.length)];
      if (item === undefined) throw new Error('nothing to choose from');
      return item;
    },
  };
}
