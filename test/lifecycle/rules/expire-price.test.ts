import { describe, expect, it } from '@jest/globals';
import type { CostStatus } from '../../../src/api/gpupod/status.ts';
import { nextStep } from '../../../src/lifecycle/next-step.ts';
import type { Observation } from '../../../src/lifecycle/observation.ts';
import type { InstanceSnapshot } from '../../../src/lifecycle/provider.ts';
import { endExpired } from '../../../src/lifecycle/rules/expire.ts';
import { rentedGpuPod } from '../../support/builders/gpu-pod.ts';
import { anInstanceState, NOW_MS, observed } from '../../support/builders/observation.ts';
import {
  aReadySnapshot,
  aSnapshot,
  historyRow,
  inventory,
  lastSeen,
} from '../../support/builders/snapshots.ts';
import { statusOf, writeOf } from '../support/outline.ts';

const READY_AT = '2026-11-23T10:05:00Z';

function at(priceUsdPerHour: number): InstanceSnapshot {
  return aReadySnapshot({ priceUsdPerHour });
}

// The instance was created ten minutes ago, and 1.90 USD/h are on record.
function known(maxTotalCost: number, snapshot: InstanceSnapshot): Observation {
  return observed({
    gpuPod: rentedGpuPod({
      spec: { maxTotalCost },
      status: { readyAt: READY_AT, cost: { pricePerHour: 1.9, billedPerHour: 1.9 } },
    }),
    lastSeen: lastSeen(snapshot, { beganAtMs: NOW_MS - 1_000 }),
  });
}

describe('a total cost and a price that changes', () => {
  it.each([
    { name: 'rose, but was not written', limit: 0.33, snapshot: at(1.99), ends: true },
    { name: 'rose, with something left', limit: 0.34, snapshot: at(1.99), ends: false },
    { name: 'fell', limit: 0.3, snapshot: at(1), ends: true },
    { name: 'is not stated any more', limit: 0.3, snapshot: aSnapshot({ status: 'ACTIVE' }), ends: true },
    { name: 'is that of another instance', limit: 0.33, snapshot: { ...at(9), podId: 'pod-2' }, ends: false },
  ])('ends the instance when the price $name: $ends', ({ limit, snapshot, ends }) => {
    const step = endExpired(known(limit, snapshot));
    expect(step === undefined ? undefined : writeOf(step).status.attempts?.[0]?.ending).toBe(
      ends ? 'CostLimitReached' : undefined,
    );
  });

  it('records the price by which the limit was reached', () => {
    const { cost, expiresAt } = statusOf(endExpired(known(0.33, at(1.99))));
    expect(cost?.billedPerHour).toBe(1.99);
    expect(expiresAt).toBe('2026-11-23T10:09:56Z');
  });

  function closing(cost: CostStatus, snapshot?: InstanceSnapshot): Observation {
    return observed({
      gpuPod: rentedGpuPod({ status: { readyAt: READY_AT, cost } }, { ending: 'Suspended', message: 'm' }),
      localState: { instance: anInstanceState({ deletedAtMs: NOW_MS - 60_000 }) },
      inventory: inventory({ ended: [historyRow()] }),
      ...(snapshot === undefined ? {} : { lastSeen: lastSeen(snapshot) }),
    });
  }

  it('adds up the cost at the highest price, that of the last snapshot included', () => {
    const fell = { pricePerHour: 1.9, billedPerHour: 1.9, highestPerHour: 3 };
    expect(statusOf(nextStep(closing(fell))).attemptsCost).toBe(0.5);
    const rose = aReadySnapshot({ status: 'TERMINATED', priceUsdPerHour: 6 });
    expect(statusOf(nextStep(closing(fell, rose))).attemptsCost).toBe(1);
  });
});
