import { describe, expect, it } from '@jest/globals';
import { judgeAnswer } from '../../src/lifecycle/created.ts';
import type { CreateOutcome, InstanceSnapshot } from '../../src/lifecycle/provider.ts';
import { intent, nameOfAttempt } from '../support/builders/intent.ts';
import { aSnapshot, refusal } from '../support/builders/snapshots.ts';

function created(overrides: Partial<InstanceSnapshot>): CreateOutcome {
  return { kind: 'created', pod: aSnapshot(overrides) };
}

function nowhere(): boolean {
  return false;
}

const { name: _name, ...nameless } = aSnapshot();
const others = intent({ uid: 'uid-2' }).name;

describe('judgeAnswer', () => {
  it.each<{ name: string; pod: Partial<InstanceSnapshot>; why: string }>([
    { name: 'the name that was sent', pod: {}, why: 'it is ours' },
    { name: 'a name that was cut', pod: { name: nameOfAttempt(1).slice(0, 20) }, why: 'upstreams cut names' },
    { name: 'another name', pod: { name: 'blue-whale' }, why: 'the id is the identity' },
    { name: 'the name that was sent, of another user', pod: { userId: 'user-2' }, why: 'the name is ours' },
    {
      name: 'another name, of our user',
      pod: { name: 'blue-whale', userId: 'user-1' },
      why: 'the id is the identity',
    },
    { name: 'no time of creation', pod: { name: 'x', createdAt: 'soon' }, why: 'that proves nothing' },
  ])('keeps the id of an answer with $name: $why', ({ pod }) => {
    expect(judgeAnswer(intent(), created(pod), nowhere)).toEqual(created(pod));
  });

  it('keeps the id of an answer without a name', () => {
    const outcome = { kind: 'created', pod: nameless } as const;
    expect(judgeAnswer(intent(), outcome, nowhere)).toBe(outcome);
  });

  it.each<{ name: string; pod: Partial<InstanceSnapshot>; says: string }>([
    { name: 'the name of another GpuPod’s instance', pod: { name: others }, says: 'another GpuPod' },
    { name: 'the name of another attempt', pod: { name: nameOfAttempt(2) }, says: 'earlier attempt' },
    { name: 'another user', pod: { name: 'x', userId: 'user-2' }, says: 'another user' },
    {
      name: 'an age that the request does not have',
      pod: { name: 'x', createdAt: '2026-11-23T09:40:00Z' },
      says: 'older than the request',
    },
  ])('does not adopt on an answer with $name: the outcome is unknown', ({ pod, says }) => {
    const outcome = judgeAnswer(intent(), created(pod), nowhere);
    expect(outcome).toMatchObject({ kind: 'unknown', message: expect.stringContaining(says) });
  });

  it('does not adopt what another GpuPod has', () => {
    expect(judgeAnswer(intent(), created({ name: 'x' }), () => true)).toMatchObject({ kind: 'unknown' });
  });

  it('takes all other outcomes as they are', () => {
    const outcome = refusal();
    expect(judgeAnswer(intent(), outcome, () => true)).toBe(outcome);
  });
});
