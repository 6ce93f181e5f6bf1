import { describe, expect, it } from '@jest/globals';
import type { GpuPodSpecInput } from '../../../src/api/gpupod/spec.ts';
import type { GpuPodStatus } from '../../../src/api/gpupod/status.ts';
import { nextStep } from '../../../src/lifecycle/next-step.ts';
import type { Observation } from '../../../src/lifecycle/observation.ts';
import { endExpired, stopAtCostLimit } from '../../../src/lifecycle/rules/expire.ts';
import { gpuPod, POD_ID, rentedGpuPod } from '../../support/builders/gpu-pod.ts';
import type { GpuPodOverrides } from '../../support/builders/gpu-pod.ts';
import { anInstanceState, NOW_MS, observation, observed } from '../../support/builders/observation.ts';
import type { ObservationOverrides } from '../../support/builders/observation.ts';
import {
  aReadySnapshot,
  aSnapshot,
  historyRow,
  inventory,
  lastSeen,
} from '../../support/builders/snapshots.ts';
import { messageOf, outline, restOf, statusOf, writeOf } from '../support/outline.ts';

const READY_AT = '2026-11-23T10:05:00Z';
const CREATED_AT = '2026-11-23T10:00:00Z';
const seen = lastSeen(aReadySnapshot(), { beganAtMs: NOW_MS - 1_000 });

// The instance was created ten minutes ago and costs 1.90 USD/h.
function known(
  spec: Partial<GpuPodSpecInput>,
  status: Partial<GpuPodStatus> = {},
  overrides: ObservationOverrides = {},
): Observation {
  return observed({
    gpuPod: rentedGpuPod({ spec, status: { readyAt: READY_AT, ...status } }),
    lastSeen: seen,
    ...overrides,
  });
}

describe('endExpired', () => {
  it.each<{ name: string; of: Observation; ending: string | undefined; why: string }>([
    { name: 'no limit', of: known({}), ending: undefined, why: 'nobody asked for an end' },
    {
      name: 'a lifetime that is not over',
      of: known({ maxLifetime: '10m1s' }),
      ending: undefined,
      why: 'the deadline is a second away',
    },
    {
      name: 'a lifetime to the second',
      of: known({ maxLifetime: '10m' }),
      ending: 'Expired',
      why: 'it is over',
    },
    {
      name: 'the default lifetime',
      of: known({}, {}, { policy: { defaultMaxLifetimeMs: 600_000 } }),
      ending: 'Expired',
      why: 'the operator sets it for those who set none',
    },
    {
      name: 'a longer lifetime than the ceiling',
      of: known({ maxLifetime: '10h' }, {}, { policy: { maxLifetimeMs: 600_000 } }),
      ending: 'Expired',
      why: 'the operator cuts it',
    },
    {
      name: 'a total cost that is reached',
      of: known({ maxTotalCost: 1 }, { attemptsCost: 0.69 }),
      ending: 'CostLimitReached',
      why: 'ten minutes cost 0.32',
    },
    {
      name: 'a total cost that is nearly reached',
      of: known({ maxTotalCost: 1 }, { attemptsCost: 0.68 }),
      ending: undefined,
      why: 'the last cent is not spent',
    },
    {
      name: 'an instance that is not ready',
      of: known({ maxLifetime: '10m' }, { readyAt: undefined }),
      ending: 'Expired',
      why: 'the time to become ready counts',
    },
    {
      name: 'no snapshot of this process yet',
      of: observed({ gpuPod: rentedGpuPod({ spec: { maxLifetime: '1m' }, status: { readyAt: READY_AT } }) }),
      ending: undefined,
      why: 'what expired while nobody watched ends on the first good snapshot',
    },
    {
      name: 'no creation time',
      of: known({ maxLifetime: '1m' }, { createdAt: undefined }),
      ending: undefined,
      why: 'what cannot be read ends nothing',
    },
    {
      name: 'no price',
      of: known(
        { maxTotalCost: 0.01 },
        { cost: {} },
        { lastSeen: lastSeen(aSnapshot({ status: 'ACTIVE' }), { beganAtMs: NOW_MS - 1_000 }) },
      ),
      ending: undefined,
      why: 'what cannot be read ends nothing',
    },
  ])('terminates with $name: $ending, because $why', ({ of, ending }) => {
    const step = endExpired(of);
    expect(step === undefined ? undefined : writeOf(step).status.attempts?.[0]?.ending).toBe(ending);
    // The rule has its place in the row.
    expect(outline(nextStep(of)).Ready === 'Terminating').toBe(ending !== undefined);
  });

  it('ends nothing early when the wall clock jumps', () => {
    const of = known({ maxLifetime: '1h' });
    const later: Observation = { ...of, now: { ...of.now, wallMs: of.now.wallMs + 3_600_000 } };
    expect(endExpired(later)).toBeUndefined();
  });

  it('records the deadline and the reason', () => {
    const { expiresAt, conditions } = statusOf(endExpired(known({ maxLifetime: '5m' })));
    expect(expiresAt).toBe('2026-11-23T10:05:00Z');
    expect(conditions?.find(({ type }) => type === 'Ready')?.message).toBe(
      `Terminating instance ${POD_ID} (Expired): It reached spec.maxLifetime 5m.`,
    );
  });

  it('ends an instance that the deletion would retain', () => {
    const overrides: GpuPodOverrides = {
      isDeleting: true,
      spec: { maxLifetime: '5m', deletionPolicy: 'Retain' },
      status: { readyAt: READY_AT },
    };
    const of = observed({ gpuPod: rentedGpuPod(overrides), lastSeen: seen });
    expect(writeOf(nextStep(of)).status.attempts).toMatchObject([{ ending: 'Expired' }]);
  });

  it('ends nothing while the GpuPod is paused, and says that it bills', () => {
    const annotations = { 'gpupod.dev/paused': 'true' };
    const of = observed({
      gpuPod: rentedGpuPod({ annotations, spec: { maxLifetime: '5m' }, status: { readyAt: READY_AT } }),
      lastSeen: seen,
    });
    expect(messageOf(restOf(nextStep(of)).status, 'Synced')).toContain(
      `Instance ${POD_ID} keeps billing, past its limits too.`,
    );
  });
});

describe('the end of an instance that a limit ended', () => {
  const ended = { inventory: inventory({ ended: [historyRow()] }) };

  function closing(
    spec: Partial<GpuPodSpecInput>,
    status: Partial<GpuPodStatus>,
    ending: string,
  ): Observation {
    return observed({
      gpuPod: rentedGpuPod({ spec, status: { readyAt: READY_AT, ...status } }, { ending, message: 'm' }),
      localState: { instance: anInstanceState({ deletedAtMs: NOW_MS - 60_000 }) },
      ...ended,
    });
  }

  it.each([
    {
      name: 'the lifetime',
      of: closing({ maxLifetime: '5m' }, { expiresAt: '2026-11-23T10:05:00Z' }, 'Expired'),
      expected: { Ready: 'Expired', Stalled: 'Expired', Reconciling: null },
      why: 'a person decides',
    },
    {
      name: 'the total cost',
      of: closing({ maxTotalCost: 0.3 }, { expiresAt: '2026-11-23T10:09:28Z' }, 'CostLimitReached'),
      expected: { Ready: 'CostLimitReached', Stalled: 'CostLimitReached', Reconciling: null },
      why: 'a person decides',
    },
    {
      name: 'a lifetime that was raised meanwhile, too late',
      of: closing({ maxLifetime: '8m' }, { expiresAt: '2026-11-23T10:05:00Z' }, 'Expired'),
      expected: { Ready: 'Terminated', Stalled: null, Reconciling: 'Searching' },
      why: 'it was raised',
    },
    {
      name: 'a lifetime, and spec.suspend',
      of: closing({ maxLifetime: '5m', suspend: true }, { expiresAt: '2026-11-23T10:05:00Z' }, 'Expired'),
      expected: { Ready: 'Suspended', Stalled: null },
      why: 'it is to be suspended anyway',
    },
  ])('by $name gives $expected.Ready, because $why', ({ of, expected }) => {
    expect(outline(nextStep(of))).toMatchObject({ step: 'writeStatus', ...expected });
  });

  it('keeps the deadline as long as it stalls, counts no failure, and adds up the cost', () => {
    const of = closing(
      { maxLifetime: '5m' },
      { expiresAt: '2026-11-23T10:05:00Z', attemptsCost: 1 },
      'Expired',
    );
    expect(statusOf(nextStep(of))).toMatchObject({
      expiresAt: '2026-11-23T10:05:00Z',
      failedAttempts: 0,
      attemptsCost: 1.316667,
      attempts: [{ outcome: 'Ended', reason: 'Expired', cost: 0.316667 }],
    });
    const raised = closing({ maxLifetime: '8m' }, { expiresAt: '2026-11-23T10:05:00Z' }, 'Expired');
    expect(statusOf(nextStep(raised)).expiresAt).toBeUndefined();
  });

  it('says what to do', () => {
    const lifetime = closing({ maxLifetime: '5m' }, { expiresAt: '2026-11-23T10:05:00Z' }, 'Expired');
    expect(messageOf(statusOf(nextStep(lifetime)), 'Stalled')).toBe(
      `The operator terminated instance ${POD_ID}, because it reached spec.maxLifetime 5m. To rent again, raise ` +
        'spec.maxLifetime, set spec.suspend to true and back, or set a new gpupod.dev/reconcile-requested-at.',
    );
    const cost = closing({ maxTotalCost: 0.3 }, { expiresAt: '2026-11-23T10:09:28Z' }, 'CostLimitReached');
    expect(messageOf(statusOf(nextStep(cost)), 'Stalled')).toBe(
      `The operator terminated instance ${POD_ID}. All attempts of this GpuPod cost about 0.32 USD, and ` +
        'spec.maxTotalCost is 0.30 USD. Raise it to rent again.',
    );
  });
});

describe('a limit that is raised after the termination was recorded', () => {
  const recorded = { readyAt: READY_AT, expiresAt: '2026-11-23T10:05:00Z' };

  function terminating(maxLifetime: string, overrides: ObservationOverrides['localState']): Observation {
    const created = { text: CREATED_AT, atMs: NOW_MS - 600_000 };
    return observed({
      gpuPod: rentedGpuPod(
        { spec: { maxLifetime }, status: recorded },
        { ending: 'Expired', message: 'It reached spec.maxLifetime 5m.' },
      ),
      lastSeen: seen,
      localState: { instance: anInstanceState({ created }), withdrawable: POD_ID, ...overrides },
    });
  }

  const failed = { reason: 'ApiUnavailable', message: 'm', count: 1, retryAtMs: NOW_MS } as const;
  it.each([
    { name: 'before any DELETE', maxLifetime: '1h', localState: {}, keeps: true },
    { name: 'too little', maxLifetime: '9m', localState: {}, keeps: false },
    { name: 'not at all', maxLifetime: '5m', localState: {}, keeps: false },
    {
      name: 'after an accepted DELETE',
      maxLifetime: '1h',
      localState: { instance: anInstanceState({ deletedAtMs: NOW_MS - 1 }) },
      keeps: false,
    },
    {
      name: 'after a DELETE without an answer',
      maxLifetime: '1h',
      localState: { instance: anInstanceState({ deleteFailure: failed }) },
      keeps: false,
    },
    {
      name: 'while another process may have sent one',
      maxLifetime: '1h',
      localState: { withdrawable: undefined },
      keeps: false,
    },
  ])('keeps the instance if it is raised $name: $keeps', ({ maxLifetime, localState, keeps }) => {
    const { withdrawable = POD_ID, ...rest } = localState as { withdrawable?: string };
    const isKnown = !('withdrawable' in localState);
    const step = nextStep(
      terminating(maxLifetime, { ...rest, withdrawable: isKnown ? withdrawable : 'other' }),
    );
    const attempts = outline(step).step === 'writeStatus' ? writeOf(step).status.attempts : undefined;
    expect(attempts !== undefined && attempts[0]?.ending === undefined).toBe(keeps);
  });
});

describe('stopAtCostLimit', () => {
  it.each([
    { name: 'no limit', spec: {}, spent: 9, stalls: false },
    { name: 'something left', spec: { maxTotalCost: 9.01 }, spent: 9, stalls: false },
    { name: 'nothing left', spec: { maxTotalCost: 9 }, spent: 9, stalls: true },
  ])('stalls with $name: $stalls', ({ spec, spent, stalls }) => {
    const of = observation({ gpuPod: gpuPod({ spec, status: { attemptsCost: spent } }) });
    expect(outline(stopAtCostLimit(of))).toMatchObject(
      stalls ? { step: 'rest', Ready: 'CostLimitReached', Stalled: 'CostLimitReached' } : { step: '-' },
    );
  });
});
