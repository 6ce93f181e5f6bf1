import { describe, expect, it } from '@jest/globals';
import type { OwnKey } from '../../../src/accounts/keys/own-keys.ts';
import { keyName } from '../../../src/lifecycle/ssh-key/key-name.ts';
import { aPublicKey } from '../../support/builders/ssh-keys.ts';
import { failure } from '../../support/builders/snapshots.ts';
import { GRACE_MS, INSTALLATION, SshKeyBench } from '../support/ssh-key-bench.ts';

const KEY = aPublicKey();
const OURS = keyName(INSTALLATION, KEY);
const REGISTER = `register ${OURS}`;
const REFUSED = {
  isStored: false,
  outcome: { kind: 'refused', reason: 'InvalidSshKey', message: 'Unsupported key type' },
} as const;

describe('SshKeys', () => {
  it('registers a key once, and sends nothing the next time', async () => {
    const bench = new SshKeyBench();
    expect(await bench.ensure()).toEqual({ kind: 'ok', keyId: 'key-1' });
    expect(await bench.ensure()).toEqual({ kind: 'ok', keyId: 'key-1' });
    expect(bench.requests).toEqual(['list', REGISTER]);
  });

  it('registers one key for two that ask for the same content at once', async () => {
    const bench = new SshKeyBench();
    expect(await Promise.all([bench.ensure(), bench.ensure()])).toEqual([
      { kind: 'ok', keyId: 'key-1' },
      { kind: 'ok', keyId: 'key-1' },
    ]);
    expect(bench.requests).toEqual(['list', REGISTER]);
  });

  it('lists once for many keys', async () => {
    const bench = new SshKeyBench();
    for (const byte of [1, 2, 3]) await bench.ensure(byte);
    expect(bench.requests.filter((request) => request === 'list')).toHaveLength(1);
    expect(bench.stored).toHaveLength(3);
  });

  it.each<{ name: string; names: readonly string[]; used: string; why: string }>([
    { name: "a person's key", names: ['laptop'], used: 'key-1', why: 'the provider compares the content' },
    {
      name: 'our own key before that of a person',
      names: ['laptop', OURS],
      used: 'key-2',
      why: 'the person may remove theirs',
    },
    {
      name: 'a new one beside that of another installation',
      names: [keyName('other1', KEY)],
      used: 'key-2',
      why: 'that installation removes its key when it no longer needs it',
    },
  ])('uses $name, because $why', async ({ names, used }) => {
    const bench = new SshKeyBench();
    for (const [index, name] of names.entries()) {
      bench.stored.push({ keyId: `key-${String(index + 1)}`, name, content: KEY.content });
    }
    expect(await bench.ensure()).toEqual({ kind: 'ok', keyId: used });
  });

  it.each([
    { name: 'was carried out', isStored: true, requests: ['list', REGISTER, 'list'] },
    { name: 'was not', isStored: false, requests: ['list', REGISTER, 'list', REGISTER] },
  ])('lists after a lost answer to a registration that $name', async ({ isStored, requests }) => {
    const bench = new SshKeyBench();
    bench.next = { isStored, outcome: { kind: 'unknown', message: 'no answer' } };
    expect(await bench.ensure()).toMatchObject({ kind: 'failed', reason: 'ApiUnavailable' });
    expect(await bench.ensure()).toMatchObject({ kind: 'ok' });
    expect(bench.requests).toEqual(requests);
    expect(bench.stored).toHaveLength(1);
  });

  it('registers nothing without a list', async () => {
    const bench = new SshKeyBench();
    bench.list = failure({ reason: 'Unauthorized' });
    expect(await bench.ensure()).toMatchObject({ kind: 'failed', reason: 'Unauthorized' });
    expect(bench.requests).toEqual(['list']);
  });

  it('registers nothing once the key of the account changed or the Lease is old', async () => {
    const bench = new SshKeyBench();
    bench.mayStillSend = false;
    expect(await bench.ensure()).toMatchObject({ kind: 'failed' });
    expect(bench.requests).toEqual(['list']);
  });

  it('uses the key that somebody else registered in between, where the provider takes no second one', async () => {
    const bench = new SshKeyBench();
    const ensured = bench.ensure();
    bench.next = { isStored: true, outcome: { kind: 'refused', reason: 'InvalidSshKey', message: 'exists' } };
    expect(await ensured).toEqual({ kind: 'ok', keyId: 'key-1' });
    expect(bench.requests).toEqual(['list', REGISTER, 'list']);
  });

  it('says why the provider refuses a key', async () => {
    const bench = new SshKeyBench();
    bench.next = { isStored: false, outcome: { kind: 'refused', reason: 'QuotaExceeded', message: 'full' } };
    expect(await bench.ensure()).toEqual({ kind: 'failed', reason: 'QuotaExceeded', message: 'full' });
  });

  it('knows nothing of the keys of another account', async () => {
    const bench = new SshKeyBench();
    await bench.ensure();
    bench.stored.splice(0);
    bench.state = { kind: 'fits', userId: 'user-2', sinceMs: 2 };
    await bench.ensure();
    expect(bench.requests).toEqual(['list', REGISTER, 'list', REGISTER]);
  });

  it('asks nothing of the provider for a while about a key that it refused, and lists once for it', async () => {
    const bench = new SshKeyBench();
    bench.next = REFUSED;
    const refused = await bench.ensure();
    expect(refused).toMatchObject({ kind: 'failed', reason: 'InvalidSshKey' });
    for (let tries = 0; tries < 10; tries += 1) expect(await bench.ensure()).toEqual(refused);
    expect(bench.requests).toEqual(['list', REGISTER, 'list']);
    expect(await bench.ensure(8)).toMatchObject({ kind: 'ok' });
  });

  it('says after three refusals that a person has to act, and tries more and more seldom', async () => {
    const bench = new SshKeyBench();
    const finals: boolean[] = [];
    for (let second = 0; second < 3_600; second += 10) {
      bench.next = REFUSED;
      const ensured = await bench.ensure();
      finals.push(ensured.kind === 'failed' && ensured.isFinal === true);
      await bench.clock.advance(10_000);
    }
    expect([finals[0], finals.at(-1)]).toEqual([false, true]);
    expect(bench.requests.filter((request) => request === REGISTER).length).toBeLessThan(20);
  });

  it.each<{ name: string; isShown: boolean; expected: number }>([
    { name: 'shows in another form', isShown: true, expected: 1 },
    { name: 'takes and never shows', isShown: false, expected: 3 },
  ])('leaves at most $expected keys at a provider that $name', async ({ isShown, expected }) => {
    const bench = new SshKeyBench();
    for (let minute = 0; minute < 240; minute += 1) {
      const outcome = { kind: 'unknown', message: 'masked', wasTaken: true, alteredId: 'key-1' } as const;
      bench.next = { isStored: false, outcome };
      await bench.ensure();
      if (isShown) bench.stored.splice(0, 9, { keyId: 'key-1', name: OURS, content: '' });
      await bench.clock.advance(60_000);
    }
    expect(bench.requests.filter((request) => request === REGISTER)).toHaveLength(expected);
    expect(await bench.ensure()).toMatchObject({
      kind: 'withheld',
      message: expect.stringContaining('in another form'),
    });
  });

  it('shares the failure of a list with everybody who waits for it', async () => {
    const bench = new SshKeyBench();
    bench.list = failure({ reason: 'ApiUnavailable' });
    await Promise.all([1, 2, 3, 4].map(async (byte) => await bench.ensure(byte)));
    expect(bench.requests).toEqual(['list']);
  });

  it('looks again now and then whether the provider still has a key, and uses it while there is no answer', async () => {
    const bench = new SshKeyBench();
    await bench.ensure();
    bench.stored.splice(0);
    await bench.clock.advance(600_000);
    bench.list = failure({ reason: 'ApiUnavailable' });
    expect(await bench.ensure()).toEqual({ kind: 'ok', keyId: 'key-1' });
    bench.list = undefined;
    await bench.clock.advance(10_000);
    expect(await bench.ensure()).toMatchObject({ kind: 'ok' });
    expect(bench.requests).toEqual(['list', REGISTER, 'list', 'list', REGISTER]);
  });

  it('registers a key again that the provider forgot, a few times', async () => {
    const bench = new SshKeyBench();
    await bench.ensure();
    bench.stored.splice(0);
    expect(bench.keys.forget(KEY.fingerprint, 'key-1')).toBe(true);
    await bench.ensure();
    expect(bench.requests).toEqual(['list', REGISTER, 'list', REGISTER]);
    expect([await bench.forget(), await bench.forget()]).toEqual([true, false]);
    bench.keys.noteUse(KEY.fingerprint);
    expect(await bench.forget()).toBe(true);
  });

  it('counts a key that the provider forgot once, however many create requests named it', async () => {
    const bench = new SshKeyBench();
    await bench.ensure();
    for (let refused = 0; refused < 5; refused += 1) {
      expect(bench.keys.forget(KEY.fingerprint, 'key-1')).toBe(true);
    }
    expect(await bench.ensure()).toMatchObject({ kind: 'ok' });
    expect(bench.keys.forget(KEY.fingerprint, 'key-of-before')).toBe(true);
    expect(await bench.forget()).toBe(true);
  });
});

describe('the keys of this installation', () => {
  const SEND = { mayStillSend: (): boolean => true };

  it('are recorded before the first one is registered, once', async () => {
    const bench = new SshKeyBench();
    expect(bench.use.mayHaveKeys).toBe(false);
    await Promise.all([bench.ensure(1), bench.ensure(2)]);
    expect(bench.records).toBe(1);
    expect(bench.use.mayHaveKeys).toBe(true);
  });

  it('are not recorded for a key that the account has already', async () => {
    const bench = new SshKeyBench();
    bench.stored.push({ keyId: 'key-1', name: 'laptop', content: KEY.content });
    await bench.ensure();
    expect(bench.records).toBe(0);
  });

  it('are those with its name and the content that belongs to the name', async () => {
    const bench = new SshKeyBench();
    const others = ['laptop', keyName('other1', KEY), keyName(INSTALLATION, aPublicKey(8)), `${OURS}-2`];
    for (const name of [...others, OURS]) {
      bench.stored.push({ keyId: `key-${name}`, name, content: KEY.content });
    }
    const own = await bench.keys.listOwn();
    expect(own).toMatchObject({ kind: 'ok', value: [{ keyId: `key-${OURS}` }] });
  });

  it('count as in use for a while after they were needed, even if that was with another account', async () => {
    const bench = new SshKeyBench();
    await bench.ensure();
    await bench.clock.advance(GRACE_MS - 1_000);
    expect(await bench.keys.listOwn()).toMatchObject({
      value: [{ graceLeftMs: 1_000, wasNeededHere: true }],
    });
    bench.use.noteNeed(KEY.fingerprint);
    expect(await bench.keys.listOwn()).toMatchObject({ value: [{ graceLeftMs: GRACE_MS }] });
  });

  it('count as in use for a while after this process first saw them: another one may have registered them', async () => {
    const bench = new SshKeyBench();
    bench.stored.push({ keyId: 'key-1', name: OURS, content: KEY.content });
    expect(await bench.keys.listOwn()).toMatchObject({ value: [{ graceLeftMs: GRACE_MS }] });
    await bench.clock.advance(GRACE_MS);
    expect(await bench.keys.listOwn()).toMatchObject({ value: [{ graceLeftMs: 0, wasNeededHere: false }] });
  });

  it('are not removed if they are needed again by then', async () => {
    const bench = new SshKeyBench();
    await bench.ensure();
    await bench.clock.advance(GRACE_MS);
    const [own] = await ownKeys(bench);
    bench.use.noteNeed(KEY.fingerprint);
    expect(await bench.keys.remove(own, SEND)).toMatchObject({ kind: 'failure' });
    expect(bench.stored).toHaveLength(1);
  });

  it('are registered again after their removal', async () => {
    const bench = new SshKeyBench();
    await bench.ensure();
    await bench.clock.advance(GRACE_MS);
    const [own] = await ownKeys(bench);
    const [removed] = await Promise.all([bench.keys.remove(own, SEND), Promise.resolve()]);
    expect(removed).toEqual({ kind: 'accepted' });
    expect(await bench.ensure()).toMatchObject({ kind: 'ok' });
    expect(bench.stored).toHaveLength(1);
    expect(bench.requests.slice(-2)).toEqual(['list', REGISTER]);
  });
});

async function ownKeys(bench: SshKeyBench): Promise<readonly [OwnKey]> {
  const listed = await bench.keys.listOwn();
  const [own] = listed.kind === 'ok' ? listed.value : [];
  if (own === undefined) throw new Error('no key');
  return [own];
}
