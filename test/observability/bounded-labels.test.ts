import { expect, it } from '@jest/globals';
import { BoundedLabels } from '../../src/observability/bounded-labels.ts';

it('keeps the names of the first values, gives all later ones one name, and changes no name', () => {
  const labels = new BoundedLabels(2);
  const seen = ['a', 'b', 'c', 'a', 'd', 'b', 'c'].map((value) => labels.of(value));

  expect(seen).toEqual(['a', 'b', 'other', 'a', 'other', 'b', 'other']);
});
