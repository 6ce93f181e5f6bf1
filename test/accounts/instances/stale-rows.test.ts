import { describe, expect, it } from '@jest/globals';
import type { InstanceSnapshot, Wallet, WalletList } from '../../../src/lifecycle/provider.ts';
import type { KnownInstances } from '../../../src/accounts/instances/known-instances.ts';
import type { ListedRow } from '../../../src/accounts/instances/listed-rows.ts';
import { aSnapshot, failure } from '../../support/builders/snapshots.ts';
import { InventoryBench } from '../support/inventory-bench.ts';
import { knownWith, listOf, nameless, scope } from '../support/lists.ts';

const DOWN = failure({ reason: 'ApiUnavailable' });
const TEAM = 'team-x';
/** Another instance of the team: a list that shows it shows all of them. */
const COLLEAGUES = aSnapshot({ podId: 'c-1', name: 'colleague', teamId: TEAM });

function ofTeam(overrides: Partial<InstanceSnapshot> = {}): InstanceSnapshot {
  return aSnapshot({ podId: 'p-1', teamId: TEAM, ...overrides });
}

interface Listed {
  readonly known: KnownInstances;
  /** Takes a list that begins and ends at this time. */
  readonly takeAt: (
    atMs: number,
    rows: readonly InstanceSnapshot[],
    wallet?: Partial<WalletList>,
  ) => Promise<readonly ListedRow[]>;
}

function listed(): Listed {
  const { known, clock } = knownWith([TEAM]);
  return {
    known,
    takeAt: async (atMs, rows, wallet) => {
      await clock.advance(atMs - clock.monotonicMs());
      return known.take(listOf(atMs, rows, wallet));
    },
  };
}

/** The own list and that of the team were complete at 2000, and then the one of `failing` failed. */
async function listedUntilFailureOf(failing: Wallet): Promise<Listed> {
  const lists = listed();
  await lists.takeAt(2_000, [ofTeam(), COLLEAGUES]);
  await lists.takeAt(2_000, [ofTeam(), COLLEAGUES], { wallet: TEAM });
  lists.known.fail([failing], DOWN);
  return lists;
}

function shownBy(known: KnownInstances): readonly string[] | undefined {
  const view = known.view(scope({ podId: 'p-1', wallets: [TEAM] }));
  return view?.live.map(({ podId, status }) => `${podId} ${status}`);
}

describe('an instance that two lists show, one of which fails', () => {
  it.each<{ name: string; failing: Wallet; wallet: Wallet }>([
    { name: 'the list of the team fails', failing: TEAM, wallet: undefined },
    { name: 'the own list of the key fails', failing: undefined, wallet: TEAM },
  ])('is as the newer list shows it when $name', async ({ failing, wallet }) => {
    const { known, takeAt } = await listedUntilFailureOf(failing);
    const active = ofTeam({ status: 'ACTIVE', priceUsdPerHour: 5 });
    const taken = await takeAt(3_000, [active, COLLEAGUES], { wallet });
    expect(taken).toMatchObject([
      { instance: { status: 'ACTIVE', priceUsdPerHour: 5 }, beganAtMs: 3_000 },
      { instance: { podId: 'c-1' }, beganAtMs: 3_000 },
    ]);
    expect(shownBy(known)).toEqual(['p-1 ACTIVE']);
  });

  it.each<{
    name: string;
    failing: Wallet;
    wallet: Wallet;
    rows: readonly InstanceSnapshot[];
    live: string[];
  }>([
    {
      name: 'no longer exists when a newer list that shows this team does not show it',
      failing: TEAM,
      wallet: undefined,
      rows: [COLLEAGUES],
      live: [],
    },
    {
      name: 'may exist while the newer list shows no instance of this team',
      failing: TEAM,
      wallet: undefined,
      rows: [aSnapshot({ podId: 'o-1', name: 'other', teamId: 'team-y' })],
      live: ['p-1 PROVISIONING'],
    },
    {
      name: 'no longer exists when the newer list of its team does not show it',
      failing: undefined,
      wallet: TEAM,
      rows: [],
      live: [],
    },
    {
      name: 'no longer exists when the newer list shows it terminated',
      failing: TEAM,
      wallet: undefined,
      rows: [ofTeam({ status: 'TERMINATED' }), COLLEAGUES],
      live: [],
    },
  ])('$name', async ({ failing, wallet, rows, live }) => {
    const { known, takeAt } = await listedUntilFailureOf(failing);
    await takeAt(3_000, rows, { wallet });
    expect(shownBy(known)).toEqual(live);
  });

  it.each<{ name: string; rows: readonly InstanceSnapshot[]; live: string[] }>([
    { name: 'terminated', rows: [ofTeam({ status: 'TERMINATED' }), COLLEAGUES], live: [] },
    { name: 'missing from a list that shows this team', rows: [COLLEAGUES], live: [] },
    { name: 'active', rows: [ofTeam({ status: 'ACTIVE' })], live: ['p-1 ACTIVE'] },
  ])(
    'does not become again what it was, after it was $name and no list covers this team any more',
    async ({ rows, live }) => {
      const { known, takeAt } = await listedUntilFailureOf(TEAM);
      await takeAt(3_000, rows);
      await takeAt(4_000, []);
      expect(shownBy(known)).toEqual(live);
    },
  );

  it('still exists when an incomplete newer list does not show it', async () => {
    const { known, takeAt } = await listedUntilFailureOf(TEAM);
    await takeAt(3_000, [COLLEAGUES], { failure: DOWN });
    expect(shownBy(known)).toEqual(['p-1 PROVISIONING']);
  });

  it('still exists when a newer list that fails shows it', async () => {
    const { known, takeAt } = await listedUntilFailureOf(TEAM);
    await takeAt(3_000, [COLLEAGUES]);
    await takeAt(4_000, [ofTeam({ status: 'ACTIVE' })], { wallet: TEAM, failure: DOWN });
    expect(shownBy(known)).toEqual(['p-1 ACTIVE']);
  });

  it.each<{ name: string; rows: readonly InstanceSnapshot[] }>([
    { name: 'does not show it', rows: [COLLEAGUES] },
    { name: 'shows it terminated', rows: [ofTeam({ status: 'TERMINATED' }), COLLEAGUES] },
  ])('exists if one of two lists that were read at the same time $name', async ({ rows }) => {
    const { known, clock } = knownWith([TEAM]);
    await clock.advance(5_000);
    known.take(listOf(2_000, [ofTeam()], { wallet: TEAM, failure: DOWN }));
    known.take(listOf(3_000, rows));
    expect(shownBy(known)).toEqual(['p-1 PROVISIONING']);
  });

  it('keeps the time of its list when one that hung arrives after a later one', async () => {
    const { known, takeAt } = await listedUntilFailureOf(undefined);
    await takeAt(4_000, [], { wallet: TEAM });
    const hung = known.take(listOf(3_000, [ofTeam({ status: 'ACTIVE' })], { wallet: TEAM }));
    expect(hung).toMatchObject([{ beganAtMs: 3_000 }]);
    expect(shownBy(known)).toEqual([]);
  });
});

describe('a row that cannot be read, in the list that proves the absence from a team', () => {
  it('may be an instance of that team', async () => {
    const { known, takeAt } = await listedUntilFailureOf(TEAM);
    await takeAt(3_000, [nameless('n-1'), COLLEAGUES], { unidentified: [{}] });
    expect(known.view(scope({ wallets: [TEAM] }))).toMatchObject({
      beganAtMs: 3_000,
      nameless: [{ podId: 'n-1' }],
      unidentified: 1,
    });
  });

  it('is no instance of a team whose own list is as new', async () => {
    const { known, takeAt } = listed();
    await takeAt(3_000, [nameless('n-1'), COLLEAGUES], { unidentified: [{}] });
    await takeAt(3_000, [COLLEAGUES], { wallet: TEAM });
    expect(known.view(scope({ wallets: [TEAM] }))).toMatchObject({ nameless: [], unidentified: 0 });
  });
});

describe('what is recorded of an instance whose team cannot be listed', () => {
  it('has the time of the list that showed it', async () => {
    const bench = new InventoryBench([TEAM]);
    bench.answers.set(undefined, [ofTeam(), COLLEAGUES]);
    bench.answers.set(TEAM, [ofTeam(), COLLEAGUES]);
    await bench.takeAfter(1_000);
    bench.answers.set(TEAM, DOWN);
    await bench.takeAfter(2_000);
    bench.answers.set(undefined, [ofTeam({ status: 'ACTIVE', priceUsdPerHour: 5 }), COLLEAGUES]);
    await bench.clock.advance(2_000);
    const result = await bench.inventory.take();
    expect(result).toMatchObject({ instances: [{ status: 'ACTIVE', priceUsdPerHour: 5 }, { podId: 'c-1' }] });
    expect(bench.shownAtMs.get('p-1')).toBe(bench.clock.monotonicMs());
  });
});
