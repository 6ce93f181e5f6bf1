import { describe, expect, it } from '@jest/globals';
import { nextStep } from '../../../src/lifecycle/next-step.ts';
import { gpuPod, POD_ID } from '../../support/builders/gpu-pod.ts';
import { intent } from '../../support/builders/intent.ts';
import { anInstanceState, NOW_MS, observed } from '../../support/builders/observation.ts';
import type { ObservationOverrides } from '../../support/builders/observation.ts';
import { inventory } from '../../support/builders/snapshots.ts';
import { messageOf, outline, restOf, statusOf } from '../support/outline.ts';
import type { Outline } from '../support/outline.ts';

const SINCE_MS = NOW_MS - 60_000;
const session = { kind: 'fits', origin: 'https://api.test', sinceMs: SINCE_MS } as const;
const expectedUser = { origin: 'https://api.test', userId: 'user-1' };
const unconfirmed = { ...session, keyFingerprint: 'b', unconfirmed: expectedUser };
const { account: _account, origin: _origin, ...unsigned } = intent();
const intended = gpuPod({ intent: { ...unsigned, keyFingerprint: 'a' } });
const listed = inventory({ beganAtMs: NOW_MS - 10 });
const read = anInstanceState({ read: { beganAtMs: NOW_MS - 10, result: 'notFound' } });

interface Row {
  readonly name: string;
  readonly known: ObservationOverrides;
  readonly expected: Outline;
  readonly why: string;
}

describe('an API key of an unknown user', () => {
  it.each<Row>([
    {
      name: 'rents nothing if it should be that of a known account',
      known: { gpuPod: gpuPod(), account: unconfirmed, inventory: listed },
      expected: { step: 'rest', Synced: 'AccountUnconfirmed', Ready: 'Pending' },
      why: 'somebody else might pay',
    },
    {
      name: 'rents where no account is expected',
      known: { gpuPod: gpuPod(), account: { ...session, keyFingerprint: 'b' }, inventory: listed },
      expected: { step: 'readOffers' },
      why: 'it is the first one',
    },
    {
      name: 'proves nothing about a create intent of another key',
      known: { gpuPod: intended, account: { ...session, keyFingerprint: 'b' }, inventory: listed },
      expected: { step: 'rest', Synced: 'AccountUnconfirmed', Ready: 'CreateUncertain' },
      why: 'its list may be that of another account',
    },
    {
      name: 'proves nothing about a create intent of another key, once its user is known',
      known: {
        gpuPod: intended,
        account: { ...session, userId: 'user-2', keyFingerprint: 'b' },
        inventory: listed,
      },
      expected: { step: 'rest', Synced: 'AccountUnconfirmed', Ready: 'CreateUncertain' },
      why: 'nobody knows the user of the other key',
    },
    {
      name: 'finds the outcome of its own create request',
      known: { gpuPod: intended, account: { ...session, keyFingerprint: 'a' }, inventory: listed },
      expected: { step: 'rest', Synced: 'CreateUncertain' },
      why: 'it is the key that sent it',
    },
  ])('$name: $expected.step, because $why', ({ known, expected }) => {
    expect(outline(nextStep(observed({ timings: { quietFailureMs: 0 }, ...known })))).toMatchObject(expected);
  });

  const ofAccount = {
    kind: 'fits',
    origin: 'https://api.test',
    userId: 'user-2',
    sinceMs: SINCE_MS,
  } as const;
  const reference = { kind: 'GpuAccount', name: 'default' } as const;

  it.each<Row>([
    {
      name: 'of a GpuAccount proves nothing about an instance that no user is recorded for',
      known: { gpuPod: gpuPod({ status: { podId: POD_ID } }), reference, localState: { instance: read } },
      expected: { step: 'rest', Synced: 'AccountUnconfirmed' },
      why: 'another user may pay for it',
    },
    {
      name: 'of a GpuAccount proves nothing about a create intent that names no user',
      known: { gpuPod: gpuPod({ intent: unsigned }), reference },
      expected: { step: 'rest', Synced: 'AccountUnconfirmed', Ready: 'CreateUncertain' },
      why: 'another user may have rented it',
    },
  ])('$name: $expected.step, because $why', ({ known, expected }) => {
    const step = nextStep(observed({ account: ofAccount, inventory: listed, ...known }));
    expect(outline(step)).toMatchObject(expected);
    expect(messageOf(statusOf(step), 'Synced')).toContain('nothing records which user pays for it');
  });

  it('of the operator follows such an instance, because it is from before accounts were recorded', () => {
    const known = { gpuPod: gpuPod({ status: { podId: POD_ID } }), localState: { instance: read } };
    const step = nextStep(observed({ account: ofAccount, inventory: listed, ...known }));
    expect(outline(step).Synced).not.toBe('AccountUnconfirmed');
  });

  it('does not delay the deletion of a GpuPod without an instance, which only waits for a list', () => {
    const step = restOf(nextStep(observed({ gpuPod: gpuPod({ isDeleting: true }), account: unconfirmed })));
    expect(step.wantsInventoryAfterMs).toBe(NOW_MS);
  });

  it('is reported with what it waits for and what to do', () => {
    const step = nextStep(observed({ gpuPod: gpuPod(), account: unconfirmed, inventory: listed }));
    const message = messageOf(statusOf(step), 'Synced');
    for (const part of ['Nothing is rented', 'user-1', 'user:read', 'former key']) {
      expect(message).toContain(part);
    }
  });
});
