import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Observation } from '../../src/lifecycle/observation.ts';
import { nextStep } from '../../src/lifecycle/next-step.ts';
import { findCondition } from '../../src/lifecycle/status/draft.ts';
import type { Rest, Step } from '../../src/lifecycle/step.ts';
import { aboutToEnd, aboutToGo, aboutToRent, aboutToRentAgain, anything } from './support/arbitraries.ts';

const HOUR_MS = 3_600_000;

function later(known: Observation, ms: number): Observation {
  return { ...known, now: { wallMs: known.now.wallMs + ms, monotonicMs: known.now.monotonicMs + ms } };
}

function readyReason({ status }: Rest): string | undefined {
  return findCondition(status, 'Ready')?.reason;
}

/** What a rest would miss if only time passed: an effect, or another Ready, that is due before it ends. */
function missed(known: Observation, rest: Rest, ms: number): Step | undefined {
  const isWokenByList = rest.wantsInventoryAfterMs !== undefined;
  if (isWokenByList || (rest.requeueAfterMs ?? Infinity) <= ms) return undefined;
  const step = nextStep(later(known, ms));
  if (step.kind === 'rest' && isAskingForList(step)) return undefined;
  return step.kind === 'act' || readyReason(step) !== readyReason(rest) ? step : undefined;
}

/** A GpuPod that is no longer young needs a list before it rents. It loses nothing if it asks with its next search. */
function isAskingForList(step: Rest): boolean {
  return step.wantsInventoryAfterMs !== undefined && readyReason(step) === 'Pending';
}

describe('deadlines', () => {
  it('end a rest before time alone makes something due', () => {
    let rests = 0;
    const known = fc.oneof(anything, aboutToRent, aboutToRentAgain, aboutToEnd, aboutToGo);
    fc.assert(
      fc.property(known, fc.integer({ min: 1, max: 2 * HOUR_MS }), (observation, ms) => {
        const step = nextStep(observation);
        if (step.kind !== 'rest') return;
        rests += 1;
        expect(missed(observation, step, ms)).toBeUndefined();
      }),
      { numRuns: 1_500 },
    );
    expect(rests).toBeGreaterThan(200);
  });
});
