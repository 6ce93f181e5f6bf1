import { describe, expect, it, jest } from '@jest/globals';
import { markdownFiles, tableBelow } from '../docs/support/markdown.ts';
import { live } from './life.ts';
import { TERMINATION_BUGS } from './planted/termination-bugs.ts';
import { KEEPING_BUGS } from './planted/keeping-bugs.ts';
import { LIMIT_BUGS } from './planted/limit-bugs.ts';
import { KIND_BUGS } from './planted/kind-bugs.ts';
import { ACCOUNT_BUGS } from './planted/account-bugs.ts';
import { CREATE_BUGS } from './planted/create-bugs.ts';
import { SCENARIOS } from './planted/scenarios.ts';
import { STATUS_BUGS } from './planted/status-bugs.ts';
import { WAITING_BUGS } from './planted/waiting-bugs.ts';

// A life takes a second, and longer on a busy host.
jest.setTimeout(5 * 60_000);

const BUGS = [
  ...CREATE_BUGS,
  ...TERMINATION_BUGS,
  ...STATUS_BUGS,
  ...WAITING_BUGS,
  ...KEEPING_BUGS,
  ...KIND_BUGS,
  ...LIMIT_BUGS,
  ...ACCOUNT_BUGS,
];

/** The names of all oracles. */
const ORACLES = [
  'after-end',
  'as-chosen',
  'at-most-one',
  'billable',
  'bounded',
  'breaker',
  'cap',
  'foreign',
  'given-up',
  'lifetime',
  'limits',
  'price-read',
  'ready-ended',
  'released-while-billing',
  'secrets',
  'settles',
  'status-rules',
  'tenant',
  'wallet',
  'written-first',
];

function oraclesIn(violations: readonly string[]): readonly string[] {
  return [...new Set(violations.map((violation) => /^\[([a-z-]+)\]/.exec(violation)?.[1] ?? violation))];
}

describe('a simulation without a bug has no violations', () => {
  it.each(Object.entries(SCENARIOS))('%s', async (_name, make) => {
    const { violations } = await live(make());
    expect(violations).toEqual([]);
  });
});

describe('a planted bug', () => {
  it.each(BUGS)(
    'is found by $oracles: $name',
    async ({ plant, install, scenario, oracles, violation = /./ }) => {
      const remove = install?.();
      const { violations } = await live({ ...SCENARIOS[scenario](), plant: plant() }).finally(remove);
      expect(oraclesIn(violations)).toEqual(expect.arrayContaining([...oracles]));
      expect(violations).toEqual(expect.arrayContaining([expect.stringMatching(violation)]));
    },
  );

  it('is found by each of the oracles', () => {
    expect([...new Set(BUGS.flatMap(({ oracles }) => oracles))].toSorted()).toEqual(ORACLES);
  });
});

describe('docs/development/verification.md', () => {
  const file = markdownFiles().find(({ path }) => path === 'docs/development/verification.md');

  it('names every planted bug, its simulation and its oracles', () => {
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
