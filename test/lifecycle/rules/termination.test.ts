import { describe, expect, it } from '@jest/globals';
import {
  beginTermination,
  closeEndedInstance,
  TERMINATION_REASONS,
  finishTermination,
} from '../../../src/lifecycle/rules/termination.ts';
import type { TerminationReason } from '../../../src/lifecycle/rules/termination.ts';
import type { Attempt, GpuPodStatus } from '../../../src/api/gpupod/status.ts';
import { currentAttempt } from '../../../src/lifecycle/status/attempts.ts';
import { gpuPod, rentedGpuPod } from '../../support/builders/gpu-pod.ts';
import { intent, nameOfAttempt } from '../../support/builders/intent.ts';
import { NOW_MS, observed, anInstanceState, WALL_TEXT } from '../../support/builders/observation.ts';
import { inventory, historyRow } from '../../support/builders/snapshots.ts';
import { offerKey } from '../../../src/offers/offer-key.ts';
import { effectOf, messageOf, outline, restOf, statusOf, writeOf } from '../support/outline.ts';

function laterAttempts(): Attempt[] {
  return Array.from({ length: 10 }, (_, index) => ({ number: index + 5, outcome: 'Failed' }));
}

const seenTerminated = { inventory: inventory({ ended: [historyRow()] }) };
const END = { reason: 'InstallFailed', message: 'The installation failed.' };

describe('beginTermination', () => {
  it.each<{ ending: TerminationReason; provisioned: string; cooldown: string | undefined; why: string }>([
    { ending: 'Suspended', provisioned: 'NotCreated', cooldown: undefined, why: 'the offer is not at fault' },
    {
      ending: 'SpecChanged',
      provisioned: 'SpecChanged',
      cooldown: undefined,
      why: 'the offer is not at fault either',
    },
    {
      ending: 'AboveMaxPrice',
      provisioned: 'CreateFailed',
      cooldown: 'AboveMaxPrice',
      why: 'it would cost as much again',
    },
    {
      ending: 'NotAsRequested',
      provisioned: 'CreateFailed',
      cooldown: 'NotAsRequested',
      why: 'the same request would rent the same again',
    },
    {
      ending: 'InstallFailed',
      provisioned: 'CreateFailed',
      cooldown: 'InstallFailed',
      why: 'it may fail again',
    },
    { ending: 'Expired', provisioned: 'NotCreated', cooldown: undefined, why: 'the offer is not at fault' },
    {
      ending: 'CostLimitReached',
      provisioned: 'NotCreated',
      cooldown: undefined,
      why: 'the offer is not at fault',
    },
    { ending: 'PodFailed', provisioned: 'CreateFailed', cooldown: 'InstallFailed', why: 'it may fail again' },
    {
      ending: 'ProvisioningTimedOut',
      provisioned: 'ProvisioningTimedOut',
      cooldown: 'ProvisioningTimedOut',
      why: 'it may take as long again',
    },
  ])('records $ending before the DELETE: $why', ({ ending, provisioned, cooldown }) => {
    const step = beginTermination(observed({ gpuPod: rentedGpuPod() }), ending, 'Because.');
    expect(outline(step)).toMatchObject({
      step: 'writeStatus',
      Provisioned: provisioned,
      Reconciling: 'Progressing',
    });
    expect(writeOf(step).cooldown?.reason).toBe(cooldown);
    expect(statusOf(step).attempts).toMatchObject([{ number: 1, ending, message: 'Because.' }]);
    expect(statusOf(step).attempts?.[0]?.outcome).toBeUndefined();
    expect(statusOf(step).podId).toBe('pod-1');
  });

  it.each<{ name: string; status: Partial<GpuPodStatus> }>([
    { name: 'lost the name of its instance', status: { podName: undefined } },
    {
      name: 'records that attempt as ended already',
      status: { attempts: [{ number: 1, outcome: 'Failed' }] },
    },
    { name: 'has later attempts only', status: { attempts: laterAttempts() } },
  ])('does not begin again and again with a status that $name', ({ status }) => {
    const begun = statusOf(beginTermination(observed({ gpuPod: rentedGpuPod({ status }) }), 'Suspended', ''));
    const stored = rentedGpuPod();

    expect(currentAttempt(begun)?.ending).toBe('Suspended');
    expect(finishTermination(observed({ gpuPod: { ...stored, status: begun } }))).toBeDefined();
  });

  it('has a row above for every reason', () => {
    expect(TERMINATION_REASONS).toHaveLength(9);
  });

  it('starts the cooldown of the very offer that was rented', () => {
    const step = beginTermination(observed({ gpuPod: rentedGpuPod() }), 'InstallFailed', '');
    expect(writeOf(step).cooldown?.offerKey).toBe(offerKey(intent().offer));
  });

  it('starts no cooldown if nobody knows which offer was rented', () => {
    const { offer: _offer, ...status } = rentedGpuPod().status;
    const lost = { ...rentedGpuPod(), status };
    expect(
      writeOf(beginTermination(observed({ gpuPod: lost }), 'InstallFailed', '')).cooldown,
    ).toBeUndefined();
  });

  it('uses the name of the instance if the attempts were lost', () => {
    const gpuPod = rentedGpuPod({ status: { attempts: [], podName: nameOfAttempt(7) } });
    expect(statusOf(beginTermination(observed({ gpuPod }), 'Suspended', '')).attempts).toMatchObject([
      { number: 7 },
    ]);
  });
});

describe('finishTermination', () => {
  const begun = rentedGpuPod({}, { ending: 'InstallFailed', message: 'The installation failed.' });
  it.each([
    {
      name: 'no termination begun',
      known: { gpuPod: rentedGpuPod() },
      expected: { step: '-' },
      why: 'the instance stays',
    },
    {
      name: 'a termination begun',
      known: { gpuPod: begun },
      expected: { step: 'deletePod' },
      why: 'it is finished first',
    },
    {
      name: 'a termination begun on a deleted GpuPod',
      known: { gpuPod: rentedGpuPod({ isDeleting: true }, { ending: 'InstallFailed' }) },
      expected: { step: '-' },
      why: 'the deletion terminates it',
    },
    {
      name: 'a termination begun, and the spec changed back',
      known: { gpuPod: rentedGpuPod({ spec: { suspend: false } }, { ending: 'Suspended' }) },
      expected: { step: 'deletePod' },
      why: 'it is finished, whatever the spec says by now',
    },
    {
      name: 'the end proven',
      known: { gpuPod: begun, ...seenTerminated },
      expected: { step: 'writeStatus', Ready: 'Terminated', Reconciling: 'Searching' },
      why: 'the next offer is tried',
    },
    {
      name: 'a termination begun under no name, and nothing rented',
      known: {
        gpuPod: gpuPod({ status: { attempts: [{ number: 1, ending: 'Suspended' }] } }),
        localState: {},
      },
      expected: { step: '-' },
      why: 'nothing is left to terminate',
    },
    {
      name: 'no attempt on record',
      known: { gpuPod: rentedGpuPod({ status: { attempts: [] } }) },
      expected: { step: '-' },
      why: 'nobody began a termination',
    },
    {
      name: 'the end proven, and suspended',
      known: {
        gpuPod: rentedGpuPod({ spec: { suspend: true } }, { ending: 'Suspended' }),
        ...seenTerminated,
      },
      expected: { step: 'writeStatus', Ready: 'Suspended', Reconciling: null },
      why: 'nothing is rented for now, so nobody needs to wait',
    },
  ])('$name: $expected.step, because $why', ({ known, expected }) => {
    const localState = { instance: anInstanceState() };
    expect(outline(finishTermination(observed({ localState, ...known })))).toMatchObject(expected);
  });
});

describe('a finished termination', () => {
  it('is recorded in the attempts with its reason', () => {
    const begun = rentedGpuPod({}, { ending: 'InstallFailed', message: 'The installation failed.' });
    const step = finishTermination(observed({ gpuPod: begun, ...seenTerminated }));
    expect(statusOf(step)).toMatchObject({
      failedAttempts: 1,
      attempts: [{ outcome: 'Failed', reason: 'InstallFailed', message: 'The installation failed.' }],
    });
  });
});

describe('closeEndedInstance', () => {
  const known = { gpuPod: rentedGpuPod(), localState: { instance: anInstanceState() } };

  it('moves the instance to the attempts, with its cost, and makes room for the next one', () => {
    const status = statusOf(closeEndedInstance(observed(known), END));
    expect(status.attempts).toEqual([
      {
        number: 1,
        podId: 'pod-1',
        podName: nameOfAttempt(1),
        startedAt: '2026-11-23T09:59:50Z',
        endedAt: WALL_TEXT,
        outcome: 'Failed',
        reason: 'InstallFailed',
        message: 'The installation failed.',
        cost: 0.316667,
      },
    ]);
    expect(status).toMatchObject({ failedAttempts: 1, terminatedAt: WALL_TEXT, searchStartedAt: WALL_TEXT });
    for (const gone of ['podId', 'podName', 'offer', 'cost', 'ssh', 'ports', 'binding'] as const) {
      expect(Object.keys(status)).not.toContain(gone);
    }
  });

  it.each([
    {
      name: 'was never ready',
      status: {},
      reason: 'PodFailed',
      outcome: 'Failed',
      failed: 3,
      why: 'it counts towards maxAttempts',
    },
    {
      name: 'was ready',
      status: { readyAt: WALL_TEXT },
      reason: 'Lost',
      outcome: 'Ended',
      failed: 2,
      why: 'it did its work',
    },
    {
      name: 'was suspended before it was ready',
      status: {},
      reason: 'Suspended',
      outcome: 'Ended',
      failed: 2,
      why: 'a person wanted that',
    },
    {
      name: 'no longer matched a changed spec',
      status: {},
      reason: 'SpecChanged',
      outcome: 'Ended',
      failed: 2,
      why: 'that is no failure either',
    },
  ])('closes an instance that $name as $outcome, because $why', ({ status, reason, outcome, failed }) => {
    const gpuPod = rentedGpuPod({ status: { failedAttempts: 2, ...status } });
    const closed = statusOf(closeEndedInstance(observed({ gpuPod }), { reason, message: undefined }));
    expect(closed.attempts).toMatchObject([{ outcome, reason }]);
    expect(closed.failedAttempts).toBe(failed);
  });

  it('removes the connection Secret first, because its host may soon belong to somebody else', () => {
    const gpuPod = rentedGpuPod({ status: { binding: { name: 'train-1-connection' } } });
    expect(effectOf(closeEndedInstance(observed({ gpuPod }), END))).toEqual({
      type: 'removeSecret',
      name: 'train-1-connection',
    });
    const localState = { secret: { fingerprint: '', outcome: 'removed', atMs: NOW_MS } } as const;
    expect(outline(closeEndedInstance(observed({ gpuPod, localState }), END)).step).toBe('writeStatus');
  });

  describe('with a connection Secret that cannot be removed', () => {
    const binding = { name: 'train-1-connection' };
    const message = '403 Forbidden: policy';
    const localState = { secret: { fingerprint: '', outcome: 'kept', message, atMs: NOW_MS } } as const;

    it('waits, reports why, and records since when the instance costs nothing', () => {
      const rest = restOf(
        closeEndedInstance(observed({ gpuPod: rentedGpuPod({ status: { binding } }), localState }), END),
      );
      expect(outline(rest)).toMatchObject({
        Ready: 'Terminating',
        Synced: 'SecretRefused',
        Reconciling: 'Retrying',
      });
      expect(messageOf(rest.status, 'Synced')).toContain(message);
      expect(messageOf(rest.status, 'Synced')).toContain(binding.name);
      expect(rest.status).toMatchObject({ terminatedAt: WALL_TEXT, binding, podId: expect.any(String) });
      expect(rest).toMatchObject({ requeueAfterMs: 60_000, remember: { secret: undefined } });
    });

    it('keeps the time at which the end was first proven, even if the attempt is closed later', () => {
      const terminatedAt = '2026-11-23T10:05:00Z';
      const gpuPod = rentedGpuPod({ status: { binding, terminatedAt } });
      expect(restOf(closeEndedInstance(observed({ gpuPod, localState }), END)).status).toMatchObject({
        terminatedAt,
      });
      const removed = { secret: { fingerprint: '', outcome: 'removed', atMs: NOW_MS } } as const;
      const closed = statusOf(closeEndedInstance(observed({ gpuPod, localState: removed }), END));
      expect(closed).toMatchObject({ terminatedAt, attempts: [{ endedAt: terminatedAt }] });
    });
  });
});
