import { describe, expect, it } from '@jest/globals';
import { CONDITION_TYPES, REASONS } from '../../src/api/gpupod/conditions.ts';
import type { ConditionStatus } from '../../src/api/gpupod/conditions.ts';
import { eventsBetween } from '../../src/lifecycle/status/events.ts';
import { phaseOf } from '../../src/lifecycle/status/phase.ts';
import { markdownFiles, tableBelow } from './support/markdown.ts';

const files = markdownFiles();

function fileAt(path: string) {
  const file = files.find((candidate) => candidate.path === path);
  if (file === undefined) throw new Error(`there is no ${path}`);
  return file;
}

/** `Ready Pending`, for all conditions that a person would want to change. */
const unwanted = (['Ready', 'Synced', 'Stalled'] as const).flatMap((type) => {
  const reasons: Readonly<Record<string, { readonly status: ConditionStatus }>> = REASONS[type];
  const wanted = type === 'Stalled' ? undefined : 'True';
  return Object.entries(reasons)
    .filter(([, { status }]) => status !== wanted)
    .map(([reason]) => `${type} ${reason}`);
});

describe('the table of what to do', () => {
  const rows = tableBelow(fileAt('docs/how-to/troubleshoot.md'), '## What to do, per reason');

  it('has one row for each reason that people ask about, and no other', () => {
    const named = rows.map(([type = '', reason = '']) => `${type} ${reason.replaceAll('`', '')}`);
    expect(named.toSorted()).toEqual(unwanted.toSorted());
  });

  it.each(rows)('says for %s %s whether it bills, and what to do', (_type, _reason, bills, todo) => {
    expect(bills).toMatch(/^(yes|no|perhaps)$/);
    expect(todo).toMatch(/^[A-Z].+/);
  });
});

describe('conditions that documents name', () => {
  const named = files.flatMap(({ path, text }) =>
    [...text.matchAll(new RegExp(`\`(${CONDITION_TYPES.join('|')})\` \`(\\w+)\``, 'g'))].map(
      ([, type = '', reason = '']) => ({ path, type, reason }),
    ),
  );

  it.each(named)('exist: $type $reason in $path', ({ type, reason }) => {
    expect(Object.entries(REASONS).find(([name]) => name === type)?.[1]).toHaveProperty(reason);
  });
});

function condition(reason: string) {
  return {
    type: 'Ready',
    status: 'False',
    reason,
    message: '',
    observedGeneration: 1,
    lastTransitionTime: '2026-11-23T00:00:00Z',
  } as const;
}

describe('the state diagrams', () => {
  const diagrams = fileAt('docs/reliability.md').blocks.filter(({ text }) => text.startsWith('stateDiagram'));
  const arrows = diagrams.flatMap(({ text }) => [...text.matchAll(/^ *(\S+) --> (\w+|\[\*\])(?:: .+)?$/gm)]);
  const drawn = new Set(arrows.flatMap(([, from = '', to = '']) => [from, to]));
  drawn.delete('[*]');

  it('show every phase that a GpuPod can have, and no other', () => {
    const phases = Object.keys(REASONS.Ready).map((reason) => phaseOf([condition(reason)]));
    expect([...drawn].toSorted()).toEqual([...new Set([...phases, 'Stalled'])].toSorted());
  });

  it('lead out of every state, and into every state', () => {
    const sources = new Set(arrows.map(([, from = '']) => from));
    const targets = new Set(arrows.map(([, , to = '']) => to));
    expect([...drawn].filter((state) => !sources.has(state) || !targets.has(state))).toEqual([]);
  });
});

describe('the decision tree of troubleshooting', () => {
  const page = fileAt('docs/how-to/troubleshoot.md');
  const tree = page.blocks.find(({ text }) => text.startsWith('flowchart'))?.text ?? '';

  it('has a branch for each phase that a GpuPod can have', () => {
    const branches = [...tree.matchAll(/phase -- "([^"]+)"/g)].flatMap(([, names = '']) =>
      names.split(/,(?:<br\/>| )/),
    );
    // A GpuPod that is being deleted has a branch of its own, before its phase counts.
    const phases = new Set(Object.keys(REASONS.Ready).map((reason) => phaseOf([condition(reason)])));
    phases.delete('Deleting');
    expect(branches.toSorted()).toEqual([...phases, 'Stalled'].toSorted());
    expect(tree).toContain('Deleting');
  });

  it('leads to steps that exist', () => {
    const letters = [...tree.matchAll(/ ([A-Z])\["\1: /g)].map(([, letter = '']) => letter);
    const steps = [...page.text.matchAll(/^\*\*([A-Z])\. /gm)].map(([, letter = '']) => letter);
    expect(letters.length).toBeGreaterThan(8);
    expect(steps).toEqual(letters.toSorted());
  });
});

describe('the table of events', () => {
  it('includes PriceAboveCap', () => {
    const before = { observedGeneration: 1, readyAt: '2026-11-23T00:00:00Z', cost: { maxPrice: 2 } };
    const after = { ...before, cost: { maxPrice: 2, billedPerHour: 3 } };
    expect(eventsBetween(before, after).map(({ reason }) => reason)).toEqual(['PriceAboveCap']);
  });
});
