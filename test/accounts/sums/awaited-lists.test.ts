import { beforeEach, describe, expect, it } from '@jest/globals';
import { AwaitedLists } from '../../../src/accounts/sums/awaited-lists.ts';
import type { ExpectedAccount } from '../../../src/accounts/sums/awaited-lists.ts';
import { OWN_KEY, TEAM_B } from '../support/reservations-bench.ts';

const NEW: ExpectedAccount = {
  name: 'GpuAccount/team-c/new',
  userId: 'user-c',
  isOwn: false,
  wallets: [{ wallet: undefined, reason: 'RateLimited' }],
};
const OF_NEW = { account: NEW.name, isTeam: false, reason: 'RateLimited' };

let expected: readonly ExpectedAccount[];
let lists: AwaitedLists;
let readings = 0;

beforeEach(() => {
  expected = [OWN_KEY, TEAM_B];
  lists = new AwaitedLists(() => {
    readings += 1;
    return expected;
  });
});

function list(account: ExpectedAccount, ...wallets: readonly (string | undefined)[]): void {
  lists.take(account, new Set([undefined, ...wallets]));
  lists.takeRetained(account);
}

describe('before all accounts were listed', () => {
  it.each<{ name: string; added: ExpectedAccount }>([
    { name: 'an account that is added', added: NEW },
    { name: 'one that no session reads yet', added: { ...NEW, userId: undefined } },
  ])('a total waits for $name', ({ added }) => {
    list(OWN_KEY);
    expected = [OWN_KEY, TEAM_B, added];
    list(TEAM_B);
    expect(lists.hasListedAll()).toBe(false);
    expect(lists.ofAll()).toEqual(OF_NEW);
    list(added);
    expect(lists.ofAll()).toBeUndefined();
  });

  it('a total waits for no account that was removed, which is seen with the next list', () => {
    list(OWN_KEY);
    expected = [OWN_KEY];
    list(OWN_KEY);
    expected = [OWN_KEY, NEW];
    expect(lists.ofAll()).toBeUndefined();
  });
});

describe('once all accounts were listed, although nobody asked', () => {
  it.each<{ name: string; joined: readonly ExpectedAccount[] }>([
    { name: 'an account', joined: [OWN_KEY, TEAM_B, NEW] },
    {
      name: 'a team of an account that was listed',
      joined: [OWN_KEY, { ...TEAM_B, wallets: [...TEAM_B.wallets, { wallet: 'team-new' }] }],
    },
    { name: 'the user of another key', joined: [OWN_KEY, { ...TEAM_B, userId: undefined }] },
  ])('$name that joins delays only the account itself', ({ joined }) => {
    list(OWN_KEY);
    list(TEAM_B);
    expected = joined;
    expect(lists.ofAll()).toBeUndefined();
    expect(lists.hasListedAll()).toBe(true);
    expect(joined.map((account) => lists.of(account) === undefined)).toContain(false);
  });

  it.each<{ name: string; before: ExpectedAccount }>([
    { name: 'whose key was refused until then', before: { ...NEW, isHeld: true } },
    {
      name: 'with a team that refused its key until then',
      before: { ...NEW, wallets: [{ wallet: undefined }, { wallet: 'team-x', isRefused: true }] },
    },
  ])('an account $name is awaited when it can be listed, because it may have instances', ({ before }) => {
    expected = [OWN_KEY, TEAM_B, before];
    list(OWN_KEY);
    list(TEAM_B);
    if (before.isHeld !== true) list(before);
    expect(lists.ofAll()).toBeUndefined();
    const after = before.wallets.map(({ wallet }) => ({ wallet }));
    expected = [OWN_KEY, TEAM_B, { ...before, isHeld: false, wallets: after }];
    expect(lists.ofAll()?.account).toBe(NEW.name);
    list(before, 'team-x');
    expect(lists.ofAll()).toBeUndefined();
  });

  it.each<{ name: string; third: readonly ExpectedAccount[]; reads: number }>([
    { name: 'nothing is owed', third: [], reads: 0 },
    { name: 'an account is owed', third: [{ ...NEW, isHeld: true }], reads: 1 },
  ])('the accounts are read only if they may say something new: $name', ({ third, reads }) => {
    expected = [OWN_KEY, TEAM_B, ...third];
    list(OWN_KEY);
    list(TEAM_B);
    expect(lists.hasListedAll()).toBe(true);
    readings = 0;
    lists.ofAll();
    expect(readings).toBe(reads);
  });

  it('nothing more of an account that was owed is awaited than what could not be listed then', () => {
    expected = [OWN_KEY, TEAM_B, { ...NEW, isHeld: true }];
    list(OWN_KEY);
    list(TEAM_B);
    expected = [OWN_KEY, TEAM_B, { ...NEW, wallets: [{ wallet: undefined }, { wallet: 'team-new' }] }];
    list(NEW);
    expect(lists.ofAll()).toBeUndefined();
  });
});
