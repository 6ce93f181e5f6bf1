import { describe, expect, it } from '@jest/globals';
import { KeyList } from '../../../src/accounts/keys/key-list.ts';
import { keyName } from '../../../src/lifecycle/ssh-key/key-name.ts';
import type { Answer } from '../../../src/lifecycle/provider.ts';
import type { RegisteredKey } from '../../../src/lifecycle/ssh-key/ssh-key-api.ts';
import { RecordingLog } from '../../kubernetes/support/recording-log.ts';
import { VirtualClock } from '../../kubernetes/support/virtual-clock.ts';
import { failure } from '../../support/builders/snapshots.ts';
import { aPublicKey } from '../../support/builders/ssh-keys.ts';

const KEY = aPublicKey();
const PERSONS = { keyId: 'k0', name: 'laptop', content: 'ssh-ed25519 AAAA', isPrimary: true };
const OURS = { keyId: 'k1', name: keyName('abc123', KEY), content: KEY.content, isPrimary: true };

function bench(answer: Answer<readonly RegisteredKey[]>, tookMs = 0) {
  const clock = new VirtualClock();
  const log = new RecordingLog();
  const state = { answer, lists: 0 };
  const list = new KeyList({
    clock,
    log,
    provider: {
      listSshKeys: async () => {
        state.lists += 1;
        await clock.advance(tookMs);
        return state.answer;
      },
    },
  });
  return { clock, log, state, list };
}

describe('KeyList', () => {
  it.each<{ name: string; answer: Answer<readonly RegisteredKey[]>; ageMs: number; lists: number }>([
    { name: 'an answer for a minute', answer: { kind: 'ok', value: [PERSONS] }, ageMs: 59_999, lists: 1 },
    { name: 'no answer for longer', answer: { kind: 'ok', value: [PERSONS] }, ageMs: 60_000, lists: 2 },
    { name: 'a failure for 10 s', answer: failure(), ageMs: 9_999, lists: 1 },
    { name: 'no failure for longer', answer: failure(), ageMs: 10_000, lists: 2 },
  ])('keeps $name, from its end', async ({ answer, ageMs, lists }) => {
    const { clock, list, state } = bench(answer, 90_000);
    await list.read();
    await clock.advance(ageMs);
    expect(await list.read()).toEqual(answer);
    expect(state.lists).toBe(lists);
  });

  it('knows a key that was added since', async () => {
    const { list, state } = bench({ kind: 'ok', value: [PERSONS] });
    await list.read();
    list.add(OURS);
    expect(await list.read()).toEqual({ kind: 'ok', value: [PERSONS, OURS] });
    list.expire();
    await list.read();
    expect(state.lists).toBe(2);
  });

  it('says once that a registered key is the primary one, until another one is', async () => {
    const { list, state, log } = bench({ kind: 'ok', value: [PERSONS] });
    await list.read();
    expect(list.isPrimaryRegistered).toBe(false);
    list.add(OURS);
    state.answer = { kind: 'ok', value: [OURS] };
    await list.readAgain();
    expect(list.isPrimaryRegistered).toBe(true);
    expect(log.lines).toHaveLength(1);
    state.answer = { kind: 'ok', value: [{ ...OURS, isPrimary: false }, PERSONS] };
    await list.readAgain();
    expect(list.isPrimaryRegistered).toBe(false);
  });

  it('forgets everything about another account', async () => {
    const { list, state } = bench({ kind: 'ok', value: [OURS] });
    await list.read();
    list.forget();
    expect(list.isPrimaryRegistered).toBe(false);
    await list.read();
    expect(state.lists).toBe(2);
  });
});
