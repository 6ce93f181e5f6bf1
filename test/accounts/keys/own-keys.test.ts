import { describe, expect, it } from '@jest/globals';
import { OwnKeys } from '../../../src/accounts/keys/own-keys.ts';
import { keyName } from '../../../src/lifecycle/ssh-key/key-name.ts';
import type { RegisteredKey } from '../../../src/lifecycle/ssh-key/ssh-key-api.ts';
import { VirtualClock } from '../../kubernetes/support/virtual-clock.ts';
import { aPublicKey } from '../../support/builders/ssh-keys.ts';

const KEY = aPublicKey();
const OURS: RegisteredKey = { keyId: 'k1', name: keyName('abc123', KEY), content: KEY.content };
const GRACE_MS = 1_000;

function bench(): { readonly clock: VirtualClock; readonly own: OwnKeys } {
  const clock = new VirtualClock();
  const use = {
    graceLeftMs: (_fingerprint: string, sinceMs: number): number => sinceMs + GRACE_MS - clock.monotonicMs(),
  };
  return { clock, own: new OwnKeys({ clock, installation: 'abc123', use }) };
}

describe('OwnKeys', () => {
  it.each<{ name: string; key: RegisteredKey; isOwn: boolean }>([
    { name: 'a registered key', key: OURS, isOwn: true },
    {
      name: 'one that is primary because it was the first key',
      key: { ...OURS, isPrimary: true },
      isOwn: true,
    },
    { name: 'one in another form', key: { ...OURS, content: '' }, isOwn: false },
    { name: 'the key of a person', key: { ...OURS, name: 'laptop' }, isOwn: false },
  ])('counts $name: $isOwn', ({ key, isOwn }) => {
    expect(bench().own.of([key])).toHaveLength(isOwn ? 1 : 0);
  });

  it('does not count one that somebody with keys of their own made the primary key', () => {
    const persons = { ...OURS, keyId: 'persons', name: 'laptop' };
    expect(bench().own.of([{ ...OURS, isPrimary: true }, persons])).toEqual([]);
  });

  it('counts a key in another form by the ID that its registration returned, until the account changes', () => {
    const { own } = bench();
    const masked = { ...OURS, content: '' };
    own.noteAltered('k1', KEY.fingerprint);
    own.noteNeeded(KEY.fingerprint);
    expect(own.of([masked])).toMatchObject([{ fingerprint: KEY.fingerprint, wasNeededHere: true }]);
    own.forget();
    expect(own.of([masked])).toEqual([]);
  });

  it('has a grace from the time when the key was first seen, and none for a key that it never saw', async () => {
    const { clock, own } = bench();
    own.noteRegistered('k1');
    await clock.advance(GRACE_MS - 1);
    const [key] = own.of([OURS]);
    expect(key).toMatchObject({ graceLeftMs: 1 });
    const named = { keyId: 'k1', fingerprint: KEY.fingerprint };
    expect(own.isGraceOver(named)).toBe(false);
    await clock.advance(1);
    expect(own.isGraceOver(named)).toBe(true);
    own.of([]);
    expect(own.isGraceOver(named)).toBe(false);
  });
});
