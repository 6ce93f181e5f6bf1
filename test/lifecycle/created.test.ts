import { describe, expect, it } from '@jest/globals';
import { judgeAnswer } from '../../src/lifecycle/created.ts';
import type { CreateOutcome, InstanceSnapshot } from '../../src/lifecycle/provider.ts';
import { intent, nameOfAttempt } from '../support/builders/intent.ts';
import { aSnapshot, refusal } from '../support/builders/snapshots.ts';

function created(overrides: Partial<InstanceSnapshot>): CreateOutcome {
  return { kind: 'created', instance: aSnapshot(overrides) };
}

function nowhere(): boolean {
  return false;
}

const { name: _name, ...nameless } = aSnapshot();
const others = intent({ uid: 'uid-2' }).name;

describe('judgeAnswer', () => {
  it.each<{ name: string; instance: Partial<InstanceSnapshot>; why: string }>([
    { name: 'the name that was sent', instance: {}, why: 'it is ours' },
    {
      name: 'a name that was cut',
      instance: { name: nameOfAttempt(1).slice(0, 20) },
      why: 'upstream providers cut names',
    },
    { name: 'another name', instance: { name: 'blue-whale' }, why: 'the ID identifies it' },
    {
      name: 'the name that was sent, of another user',
      instance: { userId: 'user-2' },
      why: 'the name is ours',
    },
    {
      name: 'another name, of our user',
      instance: { name: 'blue-whale', userId: 'user-1' },
      why: 'the ID identifies it',
    },
    { name: 'no creation time', instance: { name: 'x', createdAt: 'soon' }, why: 'it proves nothing' },
  ])('keeps the ID of an answer with $name: $why', ({ instance }) => {
    expect(judgeAnswer(intent(), created(instance), nowhere)).toEqual(created(instance));
  });

  it('keeps the ID of an answer without a name', () => {
    const outcome = { kind: 'created', instance: nameless } as const;
    expect(judgeAnswer(intent(), outcome, nowhere)).toBe(outcome);
  });

  it.each<{ name: string; instance: Partial<InstanceSnapshot>; says: string }>([
    { name: 'the name of another GpuPod’s instance', instance: { name: others }, says: 'another GpuPod' },
    { name: 'the name of another attempt', instance: { name: nameOfAttempt(2) }, says: 'earlier attempt' },
    { name: 'another user', instance: { name: 'x', userId: 'user-2' }, says: 'another user' },
    {
      name: 'a creation time before the request',
      instance: { name: 'x', createdAt: '2026-11-23T09:40:00Z' },
      says: 'older than the request',
    },
  ])('does not believe an answer with $name: the outcome is unknown', ({ instance, says }) => {
    const outcome = judgeAnswer(intent(), created(instance), nowhere);
    expect(outcome).toMatchObject({ kind: 'unknown', message: expect.stringContaining(says) });
  });

  it('does not believe the ID of an instance that another GpuPod has', () => {
    expect(judgeAnswer(intent(), created({ name: 'x' }), () => true)).toMatchObject({ kind: 'unknown' });
  });

  it('passes on all other outcomes', () => {
    const outcome = refusal();
    expect(judgeAnswer(intent(), outcome, () => true)).toBe(outcome);
  });
});
