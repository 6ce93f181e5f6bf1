import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Observation } from '../../src/lifecycle/observation.ts';
import { nextStep } from '../../src/lifecycle/next-step.ts';
import { findCondition } from '../../src/lifecycle/status/draft.ts';
import type { Rest, Step } from '../../src/lifecycle/step.ts';
import { observe } from '../../src/lifecycle/observe.ts';
import {
  aboutToEnd,
  aboutToGo,
  aboutToRent,
  aboutToRentAgain,
  aboutToRestore,
  anything,
} from './support/arbitraries.ts';

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

/** The decision that the own write of a rest would start, and does not start. */
function afterOwnWrite(known: Observation, { status, remember }: Rest): Step {
  const { metadata } = known.gpuPod;
  const written = {
    ...known,
    gpuPod: { ...known.gpuPod, metadata: { ...metadata, resourceVersion: '999' }, status },
    localState: { ...known.localState, ...remember },
  };
  return nextStep({ ...written, localState: observe(written) });
}

/** Whether the next decision would have work, or an earlier end of its rest. */
function isSooner(next: Step, rest: Rest): boolean {
  if (next.kind === 'act') return true;
  const { requeueAfterMs = Infinity, atLatestMs = Infinity } = rest;
  return (next.requeueAfterMs ?? Infinity) < requeueAfterMs || (next.atLatestMs ?? Infinity) < atLatestMs;
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

  it('are those of the status that a rest writes, because the own write starts no other decision', () => {
    let rests = 0;
    const known = fc.oneof(anything, aboutToRent, aboutToRentAgain, aboutToEnd, aboutToGo, aboutToRestore);
    fc.assert(
      fc.property(known, (raw) => {
        const observation = { ...raw, localState: observe(raw) };
        const step = nextStep(observation);
        // A list wakes those that wait for one.
        if (step.kind !== 'rest' || step.wantsInventoryAfterMs !== undefined) return;
        rests += 1;
        expect(isSooner(afterOwnWrite(observation, step), step)).toBe(false);
      }),
      { numRuns: 3_000 },
    );
    expect(rests).toBeGreaterThan(400);
  });
});
