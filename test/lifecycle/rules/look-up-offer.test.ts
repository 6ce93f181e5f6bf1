import { expect, it } from '@jest/globals';
import { resolvePendingCreate } from '../../../src/lifecycle/rules/look-up.ts';
import { condition } from '../../support/builders/conditions.ts';
import { gpuPod } from '../../support/builders/gpu-pod.ts';
import { intent } from '../../support/builders/intent.ts';
import { observed } from '../../support/builders/observation.ts';
import { outline } from '../support/outline.ts';

it('finds the outcome of a create request while no offers are known', () => {
  const status = { conditions: [condition('OfferSelected', 'NotEvaluated')] };
  const step = resolvePendingCreate(observed({ gpuPod: gpuPod({ intent: intent(), status }) }));
  expect(outline(step)).toMatchObject({ Ready: 'CreateUncertain', OfferSelected: 'Selected' });
});
