import { describe, expect, it } from '@jest/globals';
import { suspend } from '../../../src/lifecycle/rules/suspension.ts';
import { condition } from '../../support/builders/conditions.ts';
import { gpuPod, rentedGpuPod } from '../../support/builders/gpu-pod.ts';
import { observed, WALL_TEXT } from '../../support/builders/observation.ts';
import { outline, statusOf } from '../support/outline.ts';

const spec = { suspend: true };

describe('suspend', () => {
  it.each([
    {
      name: 'suspend is false',
      known: { gpuPod: rentedGpuPod() },
      expected: { step: '-' },
      why: 'nobody requested it',
    },
    {
      name: 'an instance is rented',
      known: { gpuPod: rentedGpuPod({ spec }) },
      expected: { step: 'writeStatus', Ready: 'Terminating' },
      why: 'the reason of the termination is recorded first',
    },
    {
      name: 'nothing is rented',
      known: { gpuPod: gpuPod({ spec }) },
      expected: {
        step: 'rest',
        Ready: 'Suspended',
        OfferSelected: 'NotEvaluated',
        Provisioned: 'NotCreated',
        Reconciling: null,
        Stalled: null,
      },
      why: 'there is nothing to do',
    },
  ])('$name: $expected.step, because $why', ({ known, expected }) => {
    expect(outline(suspend(observed(known)))).toMatchObject(expected);
  });

  it('records that the instance is terminated for it', () => {
    expect(statusOf(suspend(observed({ gpuPod: rentedGpuPod({ spec }) }))).attempts).toMatchObject([
      { ending: 'Suspended' },
    ]);
  });

  it('resets earlier obstacles, so that false rents again', () => {
    const status = {
      observedGeneration: 1,
      failedAttempts: 3,
      searchStartedAt: WALL_TEXT,
      hint: 'raise maxPrice',
      rejections: [],
      conditions: [condition('Stalled', 'Interrupted')],
    };
    const step = suspend(observed({ gpuPod: gpuPod({ spec, status }) }));
    expect(outline(step).Stalled).toBeNull();
    expect(Object.keys(statusOf(step)).sort()).toEqual(['conditions', 'observedGeneration', 'phase']);
  });
});
