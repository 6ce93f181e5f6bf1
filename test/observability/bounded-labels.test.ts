import { expect, it } from '@jest/globals';
import { BoundedLabels } from '../../src/observability/bounded-labels.ts';

it('the first values keep their names, all later ones share one, and none changes its name', () => {
  const labels = new BoundedLabels(2);
  const seen = ['a', 'b', 'c', 'a', 'd', 'b', 'c'].map((value) => labels.of(value));

  expect(seen).toEqual(['a', 'b', 'other', 'a', 'other', 'b', 'other']);
});
