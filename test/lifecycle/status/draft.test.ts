import { describe, expect, it } from '@jest/globals';
import { CONDITION_TYPES } from '../../../src/api/gpupod/conditions.ts';
import { attemptsCostOf, withAttempt } from '../../../src/lifecycle/status/attempts.ts';
import type { ConditionDrafts } from '../../../src/lifecycle/status/draft.ts';
import { draftStatus } from '../../../src/lifecycle/status/draft.ts';
import { phaseOf } from '../../../src/lifecycle/status/phase.ts';
import { timestamp, timestampOf } from '../../../src/lifecycle/status/timestamp.ts';
import { condition } from '../../support/builders/conditions.ts';
import { gpuPod } from '../../support/builders/gpu-pod.ts';
import type { GpuPodOverrides } from '../../support/builders/gpu-pod.ts';
import { observed, WALL_MS, WALL_TEXT } from '../../support/builders/observation.ts';
import { failure } from '../../support/builders/snapshots.ts';
import { reasonsOf } from '../support/outline.ts';
import type { Attempt, Condition, GpuPodStatus } from '../../../src/api/gpupod/status.ts';

const PENDING: ConditionDrafts = { Ready: ['Pending', 'Nothing is rented yet.'] };

function draft(drafts: ConditionDrafts, object: GpuPodOverrides = {}): GpuPodStatus {
  return draftStatus(observed({ gpuPod: gpuPod(object) }), drafts);
}

function find(status: GpuPodStatus, type: string): Condition | undefined {
  return status.conditions?.find((candidate) => candidate.type === type);
}

describe('the conditions of a draft', () => {
  it('exist from the first write on, except those that are present only while true', () => {
    expect(reasonsOf(draft(PENDING))).toEqual({
      Ready: 'Pending',
      Synced: 'ReconcileSuccess',
      OfferSelected: 'NotEvaluated',
      Expiring: null,
      Provisioned: 'NotCreated',
      Reachable: null,
      Reconciling: null,
      Stalled: null,
    });
  });

  it('have a fixed sequence, so that a diff of the status shows what changed', () => {
    const shuffled = CONDITION_TYPES.toReversed().map((type) => ({ ...condition('Ready', 'Pending'), type }));
    const drafted = draft(
      { ...PENDING, progress: { type: 'Stalled', draft: ['OfferTimeout', ''] } },
      { status: { conditions: shuffled } },
    );
    expect(drafted.conditions?.map(({ type }) => type)).toEqual([
      'Ready',
      'Synced',
      'OfferSelected',
      'Provisioned',
      'Stalled',
    ]);
  });

  it.each([
    { name: 'Reconciling', progress: { type: 'Reconciling', draft: ['Searching', ''] }, replaced: 'Stalled' },
    { name: 'Stalled', progress: { type: 'Stalled', draft: ['OfferTimeout', ''] }, replaced: 'Reconciling' },
  ] as const)(
    'are never Reconciling and Stalled at once: $name replaces $replaced',
    ({ name, progress, replaced }) => {
      const both = [condition('Reconciling', 'Retrying'), condition('Stalled', 'Lost')];
      const drafted = reasonsOf(draft({ ...PENDING, progress }, { status: { conditions: both } }));
      expect(drafted[name]).toBe(progress.draft[0]);
      expect(drafted[replaced]).toBeNull();
    },
  );

  it.each([
    {
      name: 'the status stays',
      standing: condition('Ready', 'NoMatchingOffer'),
      time: '2026-11-23T00:00:00Z',
      why: 'another reason is no transition',
    },
    {
      name: 'the status changes',
      standing: condition('Ready', 'Available'),
      time: WALL_TEXT,
      why: 'from True to False is one',
    },
    {
      name: 'it is new',
      standing: condition('Synced', 'Paused'),
      time: WALL_TEXT,
      why: 'from nothing is one',
    },
  ])('change their time only with their status: $name, and $why', ({ standing, time }) => {
    const ready = find(draft(PENDING, { status: { conditions: [standing] } }), 'Ready');
    expect(ready).toMatchObject({ reason: 'Pending', lastTransitionTime: time });
  });

  it('keep OfferSelected and Provisioned without a draft, for the new generation', () => {
    const standing = [condition('OfferSelected', 'Selected'), condition('Provisioned', 'PodActive')];
    const drafted = draft(PENDING, {
      generation: 7,
      status: { observedGeneration: 6, conditions: standing },
    });
    expect(reasonsOf(drafted)).toMatchObject({ OfferSelected: 'Selected', Provisioned: 'PodActive' });
    expect(drafted.observedGeneration).toBe(7);
    expect(drafted.conditions?.map(({ observedGeneration }) => observedGeneration)).toEqual([7, 7, 7, 7]);
  });

  it('have messages that the schema accepts', () => {
    const message = `line\n${'😀'.repeat(400)}`;
    const ready = find(draft({ Ready: ['Pending', message] }), 'Ready');
    expect(ready?.message.length).toBeLessThanOrEqual(300);
    expect(ready?.message.isWellFormed()).toBe(true);
    expect(ready?.message).not.toContain('\n');
  });

  it('report that the provider cannot be read, unless a rule sets Synced', () => {
    const known = observed({ providerFailure: failure({ reason: 'RateLimited' }) });
    expect(reasonsOf(draftStatus(known, PENDING)).Synced).toBe('RateLimited');
    expect(reasonsOf(draftStatus(known, { ...PENDING, Synced: ['Paused', ''] })).Synced).toBe('Paused');
  });
});

describe('the facts of a draft', () => {
  it('replace the current fields, and undefined removes one', () => {
    const status = { podId: 'pod-1', hint: 'old', failedAttempts: 1 };
    const drafted = draftStatus(observed({ gpuPod: gpuPod({ status }) }), PENDING, {
      hint: undefined,
      failedAttempts: 2,
    });
    expect(drafted).toMatchObject({ podId: 'pod-1', failedAttempts: 2 });
    expect(Object.keys(drafted)).not.toContain('hint');
  });
});

describe('the texts of a draft', () => {
  it('are plain text at every depth, while numbers and flags stay the same', () => {
    const status = {
      offer: { provider: 'a\u202Eb', gpuCount: 1, isSpot: false },
      ports: [{ internal: 1, external: 2, protocol: 'T\u0007CP' }],
      hint: 'c\u2028d',
    };
    expect(draft(PENDING, { status })).toMatchObject({
      offer: { provider: 'a b', gpuCount: 1, isSpot: false },
      ports: [{ internal: 1, external: 2, protocol: 'T CP' }],
      hint: 'c d',
    });
  });
});

describe('phaseOf', () => {
  it.each([
    { conditions: [], phase: 'Pending', why: 'nothing is observed yet' },
    { conditions: [condition('Ready', 'Available')], phase: 'Ready', why: 'people look for this word' },
    { conditions: [condition('Ready', 'NoMatchingOffer')], phase: 'Pending', why: 'it waits' },
    {
      conditions: [condition('Ready', 'NoMatchingOffer'), condition('Stalled', 'OfferTimeout')],
      phase: 'Stalled',
      why: 'it waits for a person',
    },
    {
      conditions: [condition('Synced', 'Paused'), condition('Ready', 'Available')],
      phase: 'Ready',
      why: 'Ready decides, wherever it is in the list',
    },
    {
      conditions: [condition('Ready', 'Pending'), condition('Stalled', 'AttemptsExhausted')],
      phase: 'Stalled',
      why: 'it waits for a person',
    },
    {
      conditions: [condition('Ready', 'Interrupted'), condition('Stalled', 'Interrupted')],
      phase: 'Interrupted',
      why: 'that says more than Stalled',
    },
    { conditions: [condition('Ready', 'CreateUncertain')], phase: 'Uncertain', why: 'it may bill' },
    { conditions: [condition('Ready', 'Stale')], phase: 'Unknown', why: 'its state is unknown' },
    { conditions: [condition('Ready', 'Deleting')], phase: 'Deleting', why: 'the reason is the phase' },
  ])('is $phase: $why', ({ conditions, phase }) => {
    expect(phaseOf(conditions)).toBe(phase);
  });
});

describe('timestamps', () => {
  it('have whole seconds, as Kubernetes writes them', () => {
    expect(timestamp(WALL_MS + 999)).toBe(WALL_TEXT);
  });

  it.each([
    { text: '2026-11-23T10:00:00Z', expected: '2026-11-23T10:00:00Z', why: 'already valid' },
    { text: '2026-11-23T10:00:00.123456Z', expected: '2026-11-23T10:00:00Z', why: 'microseconds' },
    { text: '2026-11-23T12:00:00+02:00', expected: '2026-11-23T10:00:00Z', why: 'another zone' },
    { text: '+012026-11-23T10:00:00Z', expected: WALL_TEXT, why: 'RFC 3339 has no years of six digits' },
    { text: '1969-12-31T23:59:59Z', expected: WALL_TEXT, why: 'no instance is that old' },
    { text: '1970-01-01T00:00:00Z', expected: '1970-01-01T00:00:00Z', why: 'a time, as zero is written' },
    { text: '9999-12-31T00:00:00Z', expected: '9999-12-31T00:00:00Z', why: 'the last year of four digits' },
    { text: 'yesterday', expected: WALL_TEXT, why: 'no time at all: the API server would reject the status' },
    { text: '', expected: WALL_TEXT, why: 'nothing' },
    { text: undefined, expected: WALL_TEXT, why: 'nothing' },
  ])('of the provider: $text becomes $expected, $why', ({ text, expected }) => {
    expect(timestampOf(text, WALL_MS)).toBe(expected);
  });

  it('of the provider without a zone are UTC, which its servers mean', () => {
    expect(timestampOf('2026-11-23T10:00:00.123456', WALL_MS)).toBe('2026-11-23T10:00:00Z');
  });
});

describe('the sum of the costs in a draft', () => {
  const paid = { number: 1, outcome: 'Failed', cost: 1.9 };
  const others: Attempt[] = Array.from({ length: 9 }, (_, index) => ({
    number: index + 2,
    outcome: 'Refused',
  }));
  const ten = [paid, ...others];

  it.each<{ name: string; status: Partial<GpuPodStatus>; sum: number | undefined }>([
    { name: 'what the attempts of an earlier version cost', status: { attempts: ten }, sum: 1.9 },
    { name: 'the recorded sum', status: { attempts: ten, attemptsCost: 50 }, sum: 50 },
    { name: 'nothing where nothing was paid', status: { attempts: others }, sum: undefined },
    { name: 'nothing before the first attempt', status: {}, sum: undefined },
  ])('is $name', ({ status, sum }) => {
    expect(draft(PENDING, { status }).attemptsCost).toBe(sum);
  });

  it('stays when the attempt that was paid is dropped', () => {
    const object = gpuPod({ status: { attempts: ten } });
    const attempts = withAttempt(object.status, 11, { outcome: 'Refused' });
    const next = draftStatus(observed({ gpuPod: object }), PENDING, { attempts, attemptsCost: undefined });
    expect(next.attempts?.[0]?.number).toBe(2);
    expect(attemptsCostOf(next)).toBe(1.9);
  });
});
