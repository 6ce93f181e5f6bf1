import { describe, expect, it } from '@jest/globals';
import type { Attempt, GpuPodStatus } from '../../../src/api/gpupod/status.ts';
import {
  stopAfterFailures,
  stopAfterInvalidRequests,
  stopAfterNotCreated,
  stopAfterRefusals,
} from '../../../src/lifecycle/rules/exhausted.ts';
import { startOver } from '../../../src/lifecycle/rules/start-over.ts';
import { ANNOTATIONS } from '../../../src/api/common/names.ts';
import { gpuPod } from '../../support/builders/gpu-pod.ts';
import { intent } from '../../support/builders/intent.ts';
import { observed } from '../../support/builders/observation.ts';
import { messageOf, outline, statusOf } from '../support/outline.ts';

function attempts(...outcomes: Attempt['outcome'][]): Attempt[] {
  return outcomes.map((outcome, index) => ({
    number: index + 1,
    ...(outcome === undefined ? {} : { outcome }),
  }));
}

function step(status: Partial<GpuPodStatus>, maxAttempts = 3) {
  return outline(stopAfterNotCreated(observed({ gpuPod: gpuPod({ spec: { maxAttempts }, status }) })));
}

describe('stopAfterNotCreated', () => {
  it.each<{ name: string; status: Partial<GpuPodStatus>; maxAttempts?: number; stalls: boolean }>([
    { name: 'none', status: {}, stalls: false },
    { name: 'two', status: { notCreatedAttempts: 2 }, stalls: false },
    { name: 'three', status: { notCreatedAttempts: 3 }, stalls: true },
    { name: 'two of one that is allowed', status: { notCreatedAttempts: 2 }, maxAttempts: 1, stalls: false },
    { name: 'four of five', status: { notCreatedAttempts: 4 }, maxAttempts: 5, stalls: false },
    { name: 'five of five', status: { notCreatedAttempts: 5 }, maxAttempts: 5, stalls: true },
    {
      name: 'three on record where the CRD drops the counter',
      status: { attempts: attempts('NotCreated', 'Refused', 'NotCreated', 'Failed', 'NotCreated') },
      stalls: true,
    },
    {
      name: 'three on record, one before an instance that was ready',
      status: { attempts: attempts('NotCreated', 'Ended', 'NotCreated', 'NotCreated') },
      stalls: false,
    },
    {
      name: 'three on record, after a person asked for a retry',
      status: { notCreatedAttempts: 0, attempts: attempts('NotCreated', 'NotCreated', 'NotCreated') },
      stalls: false,
    },
  ])('stalls after $name: $stalls', ({ status, maxAttempts, stalls }) => {
    expect(step({ observedGeneration: 1, ...status }, maxAttempts)).toMatchObject(
      stalls ? { step: 'rest', Stalled: 'AttemptsExhausted' } : { step: '-' },
    );
  });

  it('reports the cost and where to look, within the length of a condition', () => {
    const exhausted = gpuPod({ status: { observedGeneration: 1, notCreatedAttempts: 3 } });
    const message = messageOf(statusOf(stopAfterNotCreated(observed({ gpuPod: exhausted }))), 'Stalled');
    expect(message).toMatch(
      /^3 attempts .* cost nothing .* look there for gp-abc123-[0-9a-v]{26}\. .*-at\.$/,
    );
  });

  it('starts again when a person asks for it', () => {
    const annotations = { [ANNOTATIONS.reconcileRequestedAt]: 'now' };
    const record = { attempts: attempts('NotCreated', 'NotCreated', 'NotCreated') };
    for (const status of [record, { ...record, notCreatedAttempts: 3 }]) {
      const asked = gpuPod({ annotations, status: { observedGeneration: 1, ...status } });
      const anew = statusOf(startOver(observed({ gpuPod: asked })));
      expect(step(anew)).toMatchObject({ step: '-' });
    }
  });
});

describe('stopAfterRefusals', () => {
  function refusedTen(reason: string): Attempt[] {
    return Array.from({ length: 10 }, (_, index) => ({
      number: index + 1,
      outcome: 'Refused' as const,
      reason,
      message: `No ${'m'.repeat(290)}`,
    }));
  }

  it.each<{ name: string; status: Partial<GpuPodStatus>; stalls: boolean }>([
    { name: 'none', status: {}, stalls: false },
    { name: 'nine', status: { refusedAttempts: 9 }, stalls: false },
    { name: 'ten', status: { refusedAttempts: 10 }, stalls: true },
    { name: '99 for capacity', status: { refusedAttempts: 9, noCapacityAttempts: 99 }, stalls: false },
    { name: '100 for capacity', status: { noCapacityAttempts: 100 }, stalls: true },
    { name: 'ten on record', status: { attempts: refusedTen('OtherRefusal') }, stalls: true },
    { name: 'ten on record for capacity', status: { attempts: refusedTen('NoCapacity') }, stalls: false },
    {
      name: 'ten, after a person asked for a retry',
      status: { refusedAttempts: 0, attempts: refusedTen('OtherRefusal') },
      stalls: false,
    },
  ])('stalls after $name: $stalls', ({ status, stalls }) => {
    const refused = gpuPod({ status: { observedGeneration: 1, ...status } });
    const result = outline(stopAfterRefusals(observed({ gpuPod: refused })));
    expect(result).toMatchObject(stalls ? { step: 'rest', Stalled: 'AttemptsExhausted' } : { step: '-' });
  });

  it('reports the cost, what to do and the last answer, within the length of a condition', () => {
    const status = { observedGeneration: 1, refusedAttempts: 10, attempts: refusedTen('OtherRefusal') };
    const step = stopAfterRefusals(observed({ gpuPod: gpuPod({ status }) }));
    const message = messageOf(statusOf(step), 'Stalled');
    expect(message).toMatch(/^10 create requests .* cost nothing\. .*reconcile-requested-at .*: No m+…$/);
    expect(message).toHaveLength(300);
  });

  it.each([{ refusedAttempts: 10, attempts: refusedTen('OtherRefusal') }, { noCapacityAttempts: 100 }])(
    'starts again when a person asks for it: %j',
    (counts) => {
      const annotations = { [ANNOTATIONS.reconcileRequestedAt]: 'now' };
      const asked = gpuPod({ annotations, status: { observedGeneration: 1, ...counts } });
      const status = statusOf(startOver(observed({ gpuPod: asked })));
      const anew = gpuPod({ status });
      expect(stopAfterRefusals(observed({ gpuPod: anew }))).toBeUndefined();
    },
  );
});

describe('stopAfterFailures', () => {
  const failed = [0.25, 0.5, 0.75].map((cost, index) => ({
    number: index + 2,
    outcome: 'Failed' as const,
    cost,
  }));
  it.each([
    { name: 'none failed', status: {}, stalls: false, why: 'nothing prevents renting' },
    {
      name: 'two of three failed',
      status: { failedAttempts: 2 },
      stalls: false,
      why: 'one more attempt is left',
    },
    {
      name: 'three of three failed',
      status: { failedAttempts: 3, attempts: failed },
      stalls: true,
      why: 'a person decides',
    },
    {
      name: 'more failed than maxAttempts allows now',
      status: { failedAttempts: 9 },
      stalls: true,
      why: 'it was lowered',
    },
  ])('$name: $why', ({ status, stalls }) => {
    const step = stopAfterFailures(observed({ gpuPod: gpuPod({ status }) }));
    expect(outline(step)).toMatchObject(
      stalls ? { step: 'rest', Stalled: 'AttemptsExhausted', Ready: 'Pending' } : { step: '-' },
    );
  });

  it('reports what they cost', () => {
    const status = {
      failedAttempts: 3,
      attempts: [{ number: 1, outcome: 'Failed' as const, cost: 99 }, ...failed],
    };
    const message = messageOf(
      statusOf(stopAfterFailures(observed({ gpuPod: gpuPod({ status }) }))),
      'Stalled',
    );
    expect(message).toContain('3 instances');
    expect(message).toContain('1.50 USD');
  });

  it('stops after one prepaid instance, which charges its hours in any case', () => {
    const prepaid = gpuPod({
      intent: intent({ offer: { prepaidHours: 24 } }),
      status: { failedAttempts: 1, attempts: [{ number: 1, outcome: 'Failed' }] },
    });
    expect(messageOf(statusOf(stopAfterFailures(observed({ gpuPod: prepaid }))), 'Stalled')).toContain(
      'prepaid',
    );
  });

  it.each([
    { name: 'was refused', second: [{ number: 2, outcome: 'Refused' as const }] },
    { name: 'was not sent', second: [] },
  ])('goes on after an ordinary failure, and a prepaid attempt that $name', ({ second }) => {
    const prepaid = gpuPod({
      intent: intent({ attempt: 2, offer: { prepaidHours: 24 } }),
      status: { failedAttempts: 1, attempts: [{ number: 1, outcome: 'Failed' }, ...second] },
    });
    expect(stopAfterFailures(observed({ gpuPod: prepaid }))).toBeUndefined();
  });

  it('goes on after one instance that was not prepaid', () => {
    const status = { failedAttempts: 1 };
    expect(stopAfterFailures(observed({ gpuPod: gpuPod({ intent: intent(), status }) }))).toBeUndefined();
  });

  it('keeps Synced a success, because the provider accepted the requests', () => {
    const gaveUp = gpuPod({ status: { failedAttempts: 3 } });
    expect(outline(stopAfterFailures(observed({ gpuPod: gaveUp }))).Synced).toBe('ReconcileSuccess');
  });

  it('does not stop before the first prepaid instance', () => {
    const prepaid = gpuPod({ intent: intent({ offer: { prepaidHours: 24 } }) });
    expect(stopAfterFailures(observed({ gpuPod: prepaid }))).toBeUndefined();
  });
});

describe('stopAfterInvalidRequests', () => {
  it.each([
    {
      name: 'two offers refused',
      refusals: { generation: 1, count: 2, message: '' },
      stalls: false,
      why: 'the third may accept it',
    },
    {
      name: 'three offers refused',
      refusals: { generation: 1, count: 3, message: 'Missing field.' },
      stalls: true,
      why: 'the next would refuse it too',
    },
    {
      name: 'three refused the old spec',
      refusals: { generation: 0, count: 3, message: '' },
      stalls: false,
      why: 'it was changed',
    },
  ])('$name: $why', ({ refusals, stalls }) => {
    const step = stopAfterInvalidRequests(observed({ localState: { invalidRefusals: refusals } }));
    const stalled = { step: 'rest', Stalled: 'InvalidRequest', Synced: 'InvalidRequest' };
    expect(outline(step)).toMatchObject(stalls ? stalled : { step: '-' });
    expect(step === undefined ? '' : messageOf(statusOf(step), 'Stalled')).toContain(refusals.message);
  });
});
