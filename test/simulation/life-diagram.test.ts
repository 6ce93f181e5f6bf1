import { describe, expect, it } from '@jest/globals';
import { REASONS } from '../../src/api/gpupod/conditions.ts';
import { markdownFiles } from '../docs/support/markdown.ts';
import { Simulation } from './simulation.ts';
import { TOURS } from './tours/life-tours.ts';
import { travel } from './tours/tours.ts';
import { noteReasons, noteTransitions } from './tours/transitions.ts';

/** Every arrow of the state diagrams in docs/reliability.md: `Pending --> Provisioning`. */
function drawnArrows(): readonly string[] {
  const file = markdownFiles().find(({ path }) => path === 'docs/reliability.md');
  const diagrams = (file?.blocks ?? []).filter(({ text }) => text.startsWith('stateDiagram'));
  return diagrams.flatMap(({ text }) =>
    [...text.matchAll(/^ *(\S+ --> (?:\w+|\[\*\]))(?:: .+)?$/gm)].flatMap(([, arrow]) => arrow ?? []),
  );
}

describe('the transitions of a GpuPod', () => {
  const seen = new Set<string>();
  const reasons = new Set<string>();

  it.each(Object.entries(TOURS))('are allowed on the tour "%s"', async (_name, tour) => {
    const simulation = new Simulation(tour.options);
    noteTransitions(simulation, seen);
    noteReasons(simulation, reasons);
    await travel(simulation, tour);
    expect(simulation.journal.violations).toEqual([]);
  });

  it('are exactly those of docs/reliability.md', () => {
    expect([...seen].toSorted()).toEqual(drawnArrows().toSorted());
  });

  it('show every reason of Ready that users may rely on', () => {
    expect([...reasons].toSorted()).toEqual(Object.keys(REASONS.Ready).toSorted());
  });
});
