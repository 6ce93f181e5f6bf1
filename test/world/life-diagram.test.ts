import { describe, expect, it } from '@jest/globals';
import { markdownFiles } from '../docs/support/markdown.ts';
import { SimulatedWorld } from './simulated-world.ts';
import { TOURS } from './tours/life-tours.ts';
import { travel } from './tours/tours.ts';
import { noteTransitions } from './tours/transitions.ts';

/** Every arrow of the diagrams of states in docs/reliability.md: `Pending --> Provisioning`. */
function drawnArrows(): readonly string[] {
  const file = markdownFiles().find(({ path }) => path === 'docs/reliability.md');
  const diagrams = (file?.blocks ?? []).filter(({ text }) => text.startsWith('stateDiagram'));
  return diagrams.flatMap(({ text }) =>
    [...text.matchAll(/^ *(\S+ --> (?:\w+|\[\*\]))(?:: .+)?$/gm)].flatMap(([, arrow]) => arrow ?? []),
  );
}

describe('the ways of a GpuPod', () => {
  const seen = new Set<string>();

  it.each(Object.entries(TOURS))('%s', async (_name, tour) => {
    const world = new SimulatedWorld(tour.options);
    noteTransitions(world, seen);
    await travel(world, tour);
    expect(world.books.violations).toEqual([]);
  });

  it('are those that are drawn in docs/reliability.md, no more and no fewer', () => {
    expect([...seen].toSorted()).toEqual(drawnArrows().toSorted());
  });
});
