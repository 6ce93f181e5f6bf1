import { describe, expect, it } from '@jest/globals';
import { ANNOTATIONS } from '../../../src/api/common/names.ts';
import { awaitFittingKey } from '../../../src/lifecycle/rules/account-held.ts';
import { leavePausedAlone, reportForeignIntent } from '../../../src/lifecycle/rules/held-back.ts';
import type { AccountState } from '../../../src/lifecycle/observation.ts';
import { gpuPod, rentedGpuPod } from '../../support/builders/gpu-pod.ts';
import type { GpuPodOverrides } from '../../support/builders/gpu-pod.ts';
import { intent } from '../../support/builders/intent.ts';
import { NOW_MS, observed } from '../../support/builders/observation.ts';
import type { ObservationOverrides } from '../../support/builders/observation.ts';
import { nextStep } from '../../../src/lifecycle/next-step.ts';
import { aReadySnapshot, failure, lastSeen } from '../../support/builders/snapshots.ts';
import { condition } from '../../support/builders/conditions.ts';
import { messageOf, outline, restOf, statusOf } from '../support/outline.ts';
import type { Outline } from '../support/outline.ts';

const PAUSED: GpuPodOverrides = { annotations: { [ANNOTATIONS.paused]: 'true' } };

describe('leavePausedAlone', () => {
  it.each([
    { name: 'a fresh GpuPod', gpuPod: gpuPod(PAUSED), says: 'Nothing is rented' },
    {
      name: 'one with an open create intent',
      gpuPod: gpuPod({ ...PAUSED, intent: intent() }),
      says: 'its instance may bill',
    },
    { name: 'a rented one', gpuPod: rentedGpuPod(PAUSED), says: 'Instance pod-1 keeps billing' },
    {
      name: 'one that is being deleted',
      gpuPod: rentedGpuPod({ ...PAUSED, isDeleting: true }),
      says: 'deletion included',
    },
  ])('holds back $name, and reports what it costs', ({ gpuPod: held, says }) => {
    const step = leavePausedAlone(observed({ gpuPod: held }));
    expect(outline(step)).toMatchObject({ step: 'rest', Synced: 'Paused' });
    expect(messageOf(statusOf(step), 'Synced')).toContain(says);
  });

  it.each<{ name: string; ceilingMs: number; overrides?: ObservationOverrides; expected: Outline }>([
    { name: 'before the ceiling', ceilingMs: 600_001, expected: { step: 'rest', Synced: 'Paused' } },
    { name: 'at the ceiling', ceilingMs: 600_000, expected: { step: 'writeStatus', Ready: 'Terminating' } },
    {
      name: 'at the ceiling, with the key of another account',
      ceilingMs: 600_000,
      overrides: { account: { kind: 'changed', userId: 'user-2', message: 'x' } },
      expected: { step: 'rest', Synced: 'AccountChanged' },
    },
  ])(
    'leaves an instance to the lifetime ceiling of the platform: $name',
    ({ ceilingMs, overrides, expected }) => {
      const step = nextStep(
        observed({
          gpuPod: rentedGpuPod({ ...PAUSED, spec: { maxLifetime: '5m' } }),
          policy: { maxLifetimeMs: ceilingMs },
          lastSeen: lastSeen(aReadySnapshot(), { beganAtMs: NOW_MS - 1_000 }),
          ...overrides,
        }),
      );
      expect(outline(step)).toMatchObject(expected);
    },
  );

  it('wakes up at the ceiling, and not only at the limit of the spec that it holds back', () => {
    const step = nextStep(
      observed({
        gpuPod: rentedGpuPod({ ...PAUSED, spec: { maxLifetime: '5m' } }),
        policy: { maxLifetimeMs: 660_000 },
        lastSeen: lastSeen(aReadySnapshot(), { beganAtMs: NOW_MS - 1_000 }),
      }),
    );
    expect(restOf(step).atLatestMs).toBe(60_000);
  });

  it('keeps the last known Ready, because the instance keeps running', () => {
    const status = { conditions: [condition('Ready', 'Available')] };
    expect(outline(leavePausedAlone(observed({ gpuPod: rentedGpuPod({ ...PAUSED, status }) }))).Ready).toBe(
      'Available',
    );
  });

  it('does not mark a changed spec as observed, because that comes later', () => {
    const old = gpuPod({ ...PAUSED, generation: 3, status: { observedGeneration: 2 } });
    expect(statusOf(leavePausedAlone(observed({ gpuPod: old }))).observedGeneration).toBe(2);
    const fresh = gpuPod({ ...PAUSED, generation: 3 });
    expect(statusOf(leavePausedAlone(observed({ gpuPod: fresh }))).observedGeneration).toBe(3);
  });

  it('does not apply without the annotation', () => {
    expect(leavePausedAlone(observed())).toBeUndefined();
  });
});

describe('awaitFittingKey', () => {
  it.each<{ name: string; account: AccountState; expected: object; why: string }>([
    { name: 'fits', account: { kind: 'fits' }, expected: { step: '-' }, why: 'it is ours' },
    {
      name: 'is another one',
      account: { kind: 'changed', message: 'The API key belongs to another account.' },
      expected: { step: 'rest', Synced: 'AccountChanged', Stalled: 'AccountChanged' },
      why: 'its empty list would look as if everything had ended',
    },
    {
      name: 'could not be read',
      account: { kind: 'unknown', failure: failure({ reason: 'CredentialsMissing' }) },
      expected: { step: 'rest', Synced: 'CredentialsMissing', Reconciling: 'Retrying' },
      why: 'nobody knows whose key it is',
    },
    {
      name: 'was not asked yet',
      account: { kind: 'unknown' },
      expected: { step: 'rest' },
      why: 'nobody knows whose key it is',
    },
  ])('$name: $expected.step, because $why', ({ account, expected }) => {
    expect(outline(awaitFittingKey(observed({ account })))).toMatchObject(expected);
  });
});

describe('awaitFittingKey before the provider has named the user of the key', () => {
  const unanswered = failure({ reason: 'RateLimited', message: 'slow down' });
  const account: AccountState = { kind: 'fits', unanswered };

  it.each([
    {
      name: 'a GpuPod without an instance waits, with a reason',
      known: {},
      expected: { Synced: 'RateLimited' },
    },
    { name: 'an instance is followed', known: { gpuPod: rentedGpuPod() }, expected: { step: '-' } },
    {
      name: 'a deletion goes on',
      known: { gpuPod: gpuPod({ isDeleting: true }) },
      expected: { step: '-' },
    },
  ])('$name', ({ known, expected }) => {
    expect(outline(awaitFittingKey(observed({ ...known, account })))).toMatchObject(expected);
  });
});

describe.each(['Interrupted', 'Lost', 'OfferTimeout', 'InvalidRequest'] as const)(
  'a GpuPod that is Stalled with %s, which only a person lifts',
  (reason) => {
    const status = {
      observedGeneration: 1,
      conditions: [condition('Ready', 'Terminated'), condition('Stalled', reason)],
    };

    it('stays so after a pause, because going on must not rent again', () => {
      expect(outline(leavePausedAlone(observed({ gpuPod: gpuPod({ ...PAUSED, status }) }))).Stalled).toBe(
        reason,
      );
    });

    it.each<{ name: string; account: AccountState }>([
      { name: 'another account', account: { kind: 'changed', message: 'Another account.' } },
      { name: 'no key', account: { kind: 'unknown', failure: failure({ reason: 'CredentialsMissing' }) } },
    ])('stays so after $name, because the next valid key must not rent again', ({ account }) => {
      const held = awaitFittingKey(observed({ gpuPod: gpuPod({ status }), account }));
      expect(outline(held)).toMatchObject({ Stalled: reason, Reconciling: null });
      const changed = awaitFittingKey(observed({ gpuPod: gpuPod({ status, generation: 2 }), account }));
      expect(statusOf(changed).observedGeneration).toBe(1);
    });
  },
);

describe('reportForeignIntent', () => {
  const foreign = gpuPod({ intent: intent({ installation: 'zzz999' }) });
  it('stalls on the create intent of another installation, and says what to do', () => {
    const step = reportForeignIntent(observed({ gpuPod: foreign }));
    expect(outline(step)).toMatchObject({ step: 'rest', Stalled: 'ForeignIntent', Ready: 'Pending' });
    const message = messageOf(statusOf(step), 'Stalled');
    for (const part of ['zzz999', 'gpupod.dev/intent']) {
      expect(message).toContain(part);
    }
  });

  it.each([
    { name: 'no create intent', known: { gpuPod: gpuPod() } },
    { name: 'our own create intent', known: { gpuPod: gpuPod({ intent: intent() }) } },
    {
      name: 'a copy of it',
      known: { gpuPod: gpuPod({ intent: intent({ installation: 'zzz999', uid: 'u2' }) }) },
    },
  ])('does not apply to $name', ({ known }) => {
    expect(reportForeignIntent(observed(known))).toBeUndefined();
  });
});
