import { describe, expect, it } from '@jest/globals';
import { EnglishList } from '../../scripts/build/english-list.ts';

describe('the list of a bundle', () => {
  it.each([[[]], [['a']], [['a', 'b']], [['a', 'b', 'c']], [['a', 'b', 'c', 'd']]])(
    'formats %j as Node does',
    (items: readonly string[]) => {
      for (const type of ['conjunction', 'disjunction'] as const) {
        const expected = new Intl.ListFormat('en', { style: 'long', type }).format(items);
        expect(new EnglishList('en', { type }).format(items)).toBe(expected);
      }
    },
  );
});
