import { describe, expect, it } from '@jest/globals';
import { AccountBench, ORIGIN, OURS, RECORDED, refused, THEIRS } from './support/account-bench.ts';
import type { AccountCase } from './support/account-bench.ts';

describe('a key of which the provider says nothing, told by its fingerprint', () => {
  const unconfirmed = { origin: ORIGIN, userId: OURS };

  it.each<{ name: string; given: Omit<AccountCase, 'whoami'>; state: object; why: string }>([
    {
      name: 'the one that was in use',
      given: { key: 'a', recorded: RECORDED, recordedKey: 'a' },
      state: { kind: 'fits', userId: OURS },
      why: 'the same key is of the same user',
    },
    {
      name: 'another one',
      given: { key: 'b', recorded: RECORDED, recordedKey: 'a' },
      state: { kind: 'fits', unconfirmed },
      why: 'somebody else might pay',
    },
    {
      name: 'another one, beside a flag that accepted the account long ago',
      given: { key: 'b', recorded: RECORDED, recordedKey: 'a', accept: OURS },
      state: { kind: 'fits', unconfirmed },
      why: 'the flag was not given for this key',
    },
    {
      name: 'any, where the record is lost and GpuPods name an account',
      given: { key: 'b', named: [RECORDED] },
      state: { kind: 'fits', unconfirmed },
      why: 'it may be of a second user',
    },
    {
      name: 'any, on an installation that has recorded no key yet',
      given: { key: 'b', recorded: RECORDED },
      state: { kind: 'fits', keyFingerprint: 'b' },
      why: 'an upgrade must not stop what works',
    },
    {
      name: 'the first one ever',
      given: { key: 'a' },
      state: { kind: 'fits', keyFingerprint: 'a' },
      why: 'nobody has paid yet',
    },
  ])('$name, because $why', async ({ given, state }) => {
    const found = await new AccountBench({ whoami: refused(403), ...given }).check();
    expect(found).toMatchObject(state);
    expect('unconfirmed' in found).toBe('unconfirmed' in state);
  });

  it('is confirmed by an instance of ours, and recorded for the next process', async () => {
    const bench = new AccountBench({ whoami: refused(403), key: 'b', recorded: RECORDED, recordedKey: 'a' });
    await bench.check();
    bench.watch.noteOwn(OURS, 1);
    await bench.check();
    expect(bench.watch.state).toMatchObject({ kind: 'fits', userId: OURS });
    expect(bench.watch.state).not.toHaveProperty('unconfirmed');
    expect(bench.recordedKeys).toEqual(['b']);
  });

  it('is recorded once, and again only after a change of the key', async () => {
    const bench = new AccountBench({ whoami: OURS, key: 'a', recorded: RECORDED });
    await bench.check();
    await bench.check();
    bench.key = 'b';
    bench.version = 2;
    await bench.check();
    expect(bench.recordedKeys).toEqual(['a', 'b']);
  });

  it('is not recorded for an account that is not ours', async () => {
    const bench = new AccountBench({ whoami: THEIRS, key: 'b', recorded: RECORDED, recordedKey: 'a' });
    await bench.check();
    expect(bench.recordedKeys).toEqual([]);
  });
});
