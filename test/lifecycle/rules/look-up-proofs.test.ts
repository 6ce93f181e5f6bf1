import { expect, it } from '@jest/globals';
import { resolveOrder } from '../../../src/lifecycle/rules/look-up.ts';
import { gpuPod } from '../../support/builders/gpu-pod.ts';
import { intent } from '../../support/builders/intent.ts';
import { NOW_MS, observed, orderMemory } from '../../support/builders/knowledge.ts';
import { census } from '../../support/builders/looks.ts';
import { outline } from '../support/outline.ts';

it.each([
  { before: 0, step: 'rest', why: 'time alone proves nothing' },
  { before: 1, step: 'rest', why: 'two lists may have been wrong' },
  { before: 2, step: 'writeStatus', why: 'three lists, long after the request, are a proof' },
])(
  'a list without the pod, hours after the request and after $before others: $step, because $why',
  ({ before, step }) => {
    const order = orderMemory({
      outcome: { kind: 'unknown', message: 'POST /pods/: socket hang up' },
      requestEndedAtMs: 1_000,
      absences: before,
      lastAbsenceAtMs: NOW_MS - 30_000,
    });
    const known = {
      gpuPod: gpuPod({ intent: intent() }),
      memory: { order },
      census: census({ beganAtMs: NOW_MS }),
    };
    expect(outline(resolveOrder(observed(known))).step).toBe(step);
  },
);
