import { expect, it } from '@jest/globals';
import { NamedTeams } from '../../../../src/controllers/gpupod/accounts/named-teams.ts';

const NOTHING = { withInstances: new Set<string>(), refused: new Set<string>() };

function former(teams: NamedTeams, evidence: Partial<typeof NOTHING>): readonly string[] {
  teams.update([], () => ({ ...NOTHING, ...evidence }));
  return teams.all();
}

it.each<{ name: string; evidence: Partial<typeof NOTHING>; isListed: boolean }>([
  { name: 'is listed, because an instance may show up late', evidence: {}, isListed: true },
  { name: 'is not listed if its list is refused', evidence: { refused: new Set(['t']) }, isListed: false },
  {
    name: 'is listed with an instance, although its list is refused',
    evidence: { refused: new Set(['t']), withInstances: new Set(['t']) },
    isListed: true,
  },
])('a former team $name', ({ evidence, isListed }) => {
  const teams = new NamedTeams();
  teams.update(['t'], () => NOTHING);
  expect(former(teams, evidence)).toEqual(isListed ? ['t'] : []);
});

it('of 1000 former teams keeps the last 64, and each with an instance', () => {
  const teams = new NamedTeams();
  const evidence = { ...NOTHING, withInstances: new Set(['t-7']) };
  for (let index = 0; index < 1_000; index += 1) teams.update([`t-${String(index)}`], () => evidence);
  expect(former(teams, evidence)).toHaveLength(65);
  expect(teams.all()).toEqual(expect.arrayContaining(['t-7', 't-936', 't-999']));
});

it('says whether a team is new, and asks for evidence only with former teams', () => {
  const teams = new NamedTeams();
  const asked: string[] = [];
  const update = (...teamIds: readonly string[]): boolean =>
    teams.update(teamIds, () => {
      asked.push(teamIds.join());
      return NOTHING;
    });
  expect([update('a', 'b'), update('a', 'b'), update('a'), update('b'), update('c')]).toEqual([
    ...[true, false, false, false, true],
  ]);
  expect(asked).toEqual(['a', 'b', 'c']);
});
