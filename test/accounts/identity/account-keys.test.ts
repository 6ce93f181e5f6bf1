import { describe, expect, it } from '@jest/globals';
import { AccountBench, ORIGIN, OURS, RECORDED, refused, THEIRS } from '../support/account-bench.ts';
import type { AccountCase } from '../support/account-bench.ts';

describe('the fingerprint of a key whose account the provider does not name', () => {
  const unconfirmed = { origin: ORIGIN, userId: OURS };

  it.each<{ name: string; given: Omit<AccountCase, 'whoami'>; state: object; why: string }>([
    {
      name: 'confirms the key that was in use',
      given: { key: 'a', recorded: RECORDED, recordedKey: 'a' },
      state: { kind: 'fits', userId: OURS },
      why: 'the same key belongs to the same user',
    },
    {
      name: 'does not confirm another key',
      given: { key: 'b', recorded: RECORDED, recordedKey: 'a' },
      state: { kind: 'fits', unconfirmed },
      why: 'somebody else might pay',
    },
    {
      name: 'does not confirm another key by a flag that accepted the account earlier',
      given: { key: 'b', recorded: RECORDED, recordedKey: 'a', accept: OURS },
      state: { kind: 'fits', unconfirmed },
      why: 'the flag was not given for this key',
    },
    {
      name: 'confirms no key when the record is lost and GpuPods name an account',
      given: { key: 'b', named: [RECORDED] },
      state: { kind: 'fits', unconfirmed },
      why: 'the key may belong to a second user',
    },
    {
      name: 'confirms any key of an installation that has recorded none',
      given: { key: 'b', recorded: RECORDED },
      state: { kind: 'fits', keyFingerprint: 'b' },
      why: 'an upgrade must not stop what works',
    },
    {
      name: 'confirms the first key',
      given: { key: 'a' },
      state: { kind: 'fits', keyFingerprint: 'a' },
      why: 'nobody has paid yet',
    },
  ])('$name because $why', async ({ given, state }) => {
    const found = await new AccountBench({ whoami: refused(403), ...given }).check();
    expect(found).toMatchObject(state);
    expect('unconfirmed' in found).toBe('unconfirmed' in state);
  });

  it('is confirmed by an own instance, and recorded for the next process', async () => {
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

  it('is not recorded for another account', async () => {
    const bench = new AccountBench({ whoami: THEIRS, key: 'b', recorded: RECORDED, recordedKey: 'a' });
    await bench.check();
    expect(bench.recordedKeys).toEqual([]);
  });
});
