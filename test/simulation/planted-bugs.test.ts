import { describe, expect, it, jest } from '@jest/globals';
import { live } from './life.ts';
import { ENDING_BUGS } from './planted/termination-bugs.ts';
import { KEEPING_BUGS } from './planted/keeping-bugs.ts';
import { KIND_BUGS } from './planted/kind-bugs.ts';
import { ORDER_BUGS } from './planted/create-bugs.ts';
import { SCENARIOS } from './planted/scenarios.ts';
import { STATUS_BUGS } from './planted/status-bugs.ts';
import { WAITING_BUGS } from './planted/waiting-bugs.ts';
import { markdownFiles, tableBelow } from '../docs/support/markdown.ts';

// A life takes a second, and many on a machine that is busy.
jest.setTimeout(5 * 60_000);

const BUGS = [...ORDER_BUGS, ...ENDING_BUGS, ...STATUS_BUGS, ...WAITING_BUGS, ...KEEPING_BUGS, ...KIND_BUGS];

/** What a world must never do, as the oracles call it. */
const ORACLES = [
  'account',
  'after-end',
  'as-chosen',
  'at-most-one',
  'billable',
  'bounded',
  'breaker',
  'cap',
  'foreign',
  'given-up',
  'price-read',
  'ready-ended',
  'released-while-billing',
  'secrets',
  'settles',
  'status-rules',
  'tenant',
  'written-first',
];

function oraclesIn(violations: readonly string[]): readonly string[] {
  return [...new Set(violations.map((violation) => /^\[([a-z-]+)\]/.exec(violation)?.[1] ?? violation))];
}

describe('a world without a bug is clean', () => {
  it.each(Object.entries(SCENARIOS))('%s', async (_name, make) => {
    const { violations } = await live(make());
    expect(violations).toEqual([]);
  });
});

describe('a planted bug is caught', () => {
  it.each(BUGS)('$name: by $oracles', async ({ plant, scenario, oracles, accusation = /./ }) => {
    const { violations } = await live({ ...SCENARIOS[scenario](), plant: plant() });
    expect(oraclesIn(violations)).toEqual(expect.arrayContaining([...oracles]));
    expect(violations).toEqual(expect.arrayContaining([expect.stringMatching(accusation)]));
  });

  it('by each of the oracles', () => {
    expect([...new Set(BUGS.flatMap(({ oracles }) => oracles))].toSorted()).toEqual(ORACLES);
  });
});

describe('docs/development/verification.md', () => {
  const file = markdownFiles().find(({ path }) => path === 'docs/development/verification.md');

  it('names every planted bug, its world and who catches it', () => {
    const rows = file === undefined ? [] : tableBelow(file, '## Planted bugs');
    expect(rows).toEqual(
      BUGS.map(({ name, scenario, oracles }) => [
        name,
        scenario,
        oracles.map((oracle) => `\`${oracle}\``).join(', '),
      ]),
    );
  });
});
