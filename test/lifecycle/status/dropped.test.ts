import { describe, expect, it } from '@jest/globals';
import type { GpuPodStatus } from '../../../src/api/gpupod/status.ts';
import { nextStep } from '../../../src/lifecycle/next-step.ts';
import {
  droppedFields,
  protectiveFields,
  withDropped,
  withReadyTime,
} from '../../../src/lifecycle/status/dropped.ts';
import { condition } from '../../support/builders/conditions.ts';
import { rentedGpuPod, rentedStatus } from '../../support/builders/gpu-pod.ts';
import { observed } from '../../support/builders/observation.ts';
import { outline } from '../support/outline.ts';

const SENT: GpuPodStatus = rentedStatus({ failedAttempts: 2, hint: 'raise maxPrice' });

function without(...fields: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(SENT).filter(([key]) => !fields.includes(key)));
}

describe('the fields that a write did not keep', () => {
  it.each<{ name: string; returned: unknown; dropped: readonly string[]; protective: readonly string[] }>([
    { name: 'all of it', returned: { ...SENT }, dropped: [], protective: [] },
    { name: 'more than was sent', returned: { ...SENT, other: 1 }, dropped: [], protective: [] },
    { name: 'no podId', returned: without('podId'), dropped: ['podId'], protective: ['podId'] },
    { name: 'no hint', returned: without('hint'), dropped: ['hint'], protective: [] },
    {
      name: 'less of each attempt',
      returned: { ...SENT, attempts: [{ number: 1 }] },
      dropped: ['attempts'],
      protective: ['attempts'],
    },
    {
      name: 'fewer attempts',
      returned: { ...SENT, attempts: [] },
      dropped: ['attempts'],
      protective: ['attempts'],
    },
    {
      name: 'less of the cost',
      returned: { ...SENT, cost: { currency: 'USD' } },
      dropped: ['cost'],
      protective: ['cost'],
    },
  ])('are $dropped for $name', ({ returned, dropped, protective }) => {
    const lost = droppedFields(SENT, returned);
    expect(Object.keys(lost)).toEqual(dropped);
    expect(protectiveFields(lost)).toEqual(protective);
    const stored = { ...rentedGpuPod(), status: returned as GpuPodStatus };
    expect(withDropped(stored, lost).status).toMatchObject(SENT);
  });

  it('are all fields if there is no status', () => {
    expect(Object.keys(droppedFields(SENT, undefined))).toEqual(Object.keys(SENT));
  });
});

describe('the time of the first Ready', () => {
  const at = '2026-11-23T10:05:00Z';
  const isReady = condition('Ready', 'Available', { lastTransitionTime: at });

  it.each<{ name: string; status: Partial<GpuPodStatus>; readyAt: string | undefined; why: string }>([
    { name: 'Ready', status: { conditions: [isReady] }, readyAt: at, why: 'the condition says it' },
    {
      name: 'recorded',
      status: { conditions: [isReady], readyAt: '2026-11-23T10:01:00Z' },
      readyAt: '2026-11-23T10:01:00Z',
      why: 'the record is exact',
    },
    {
      name: 'not Ready',
      status: { conditions: [condition('Ready', 'Installing')] },
      readyAt: undefined,
      why: 'it may never have been ready',
    },
    {
      name: 'without an instance',
      status: { conditions: [isReady], podId: undefined },
      readyAt: undefined,
      why: 'the next instance is judged by its price',
    },
  ])('is $readyAt for a status that is $name, because $why', ({ status, readyAt }) => {
    expect(withReadyTime(rentedGpuPod({ status })).status.readyAt).toBe(readyAt);
  });
});

describe('a GpuPod whose CRD drops fields that protect money', () => {
  it('rents nothing, and reports why', () => {
    expect(
      outline(nextStep(observed({ crdProblem: 'The installed CRD drops status.failedAttempts.' }))),
    ).toMatchObject({
      step: 'rest',
      Synced: 'CrdOutdated',
      Stalled: 'CrdOutdated',
    });
  });

  it('still follows its instance', () => {
    const known = observed({
      gpuPod: rentedGpuPod(),
      crdProblem: 'The installed CRD drops status.failedAttempts.',
    });
    expect(outline(nextStep(known)).Stalled).not.toBe('CrdOutdated');
  });
});
