import { describe, expect, it } from '@jest/globals';
import { withLikelyPayer } from '../../../../src/controllers/gpupod/accounts/unproven-intent.ts';
import type { LikelyPayer } from '../../../../src/controllers/gpupod/accounts/likely-payer.ts';
import type { GpuPod } from '../../../../src/api/gpupod/gpu-pod.ts';
import type { AccountReference } from '../../../../src/lifecycle/account-identity.ts';
import { proveIntent } from '../../../../src/lifecycle/id-proof.ts';
import { readIntent } from '../../../../src/lifecycle/intent.ts';
import type { Intent } from '../../../../src/lifecycle/intent.ts';
import { gpuPod, rentedStatus } from '../../../support/builders/gpu-pod.ts';
import { intent } from '../../../support/builders/intent.ts';

const STRICT: AccountReference = { kind: 'ClusterGpuAccount', name: 'strict' };
const LAX: AccountReference = { kind: 'GpuAccount', name: 'lax' };
const SERVING: LikelyPayer = { payer: STRICT, isServing: true };

function proofOf(one: Intent): string {
  return proveIntent('key', 'team-a', one);
}

function signed(one: Intent): Intent {
  return { ...one, proof: proofOf(one) };
}

function payerIn(object: GpuPod): AccountReference | undefined {
  const reading = readIntent(object);
  if (reading.kind !== 'read') throw new Error('there is no readable create intent');
  return reading.intent.payer;
}

const OF_STRICT = signed(intent({ payer: STRICT }));

describe('the payer of a create intent', () => {
  it.each<{
    name: string;
    written: Intent;
    sent?: Intent;
    likely?: LikelyPayer;
    hasKey?: boolean;
    payer: AccountReference | undefined;
    unproven: boolean;
    outsider?: boolean;
  }>([
    {
      name: 'is that of the intent, if the operator signed it',
      written: OF_STRICT,
      likely: { payer: LAX, isServing: true },
      payer: STRICT,
      unproven: false,
    },
    {
      name: 'is that of the intent, however long its request was allowed to take',
      written: { ...OF_STRICT, sendWithinMs: 20_000 },
      likely: { payer: LAX, isServing: true },
      payer: STRICT,
      unproven: false,
    },
    {
      name: 'is that of the intent, if this process sent it without a key to sign with',
      written: intent({ payer: LAX }),
      sent: intent({ payer: LAX }),
      hasKey: false,
      payer: LAX,
      unproven: false,
    },
    {
      name: 'is the likeliest, if somebody replaced it',
      written: { ...OF_STRICT, payer: LAX },
      payer: STRICT,
      unproven: true,
    },
    {
      name: 'is the likeliest, if somebody removed it',
      written: { ...OF_STRICT, payer: undefined },
      payer: STRICT,
      unproven: true,
    },
    {
      name: 'is the likeliest, if somebody changed anything else, such as its beginning',
      written: { ...OF_STRICT, startedAt: '2026-11-23T12:00:00Z' },
      likely: { payer: LAX, isServing: true },
      payer: LAX,
      unproven: true,
    },
    {
      name: 'is the likeliest, if an earlier version signed nothing',
      written: intent({ payer: STRICT }),
      payer: STRICT,
      unproven: true,
    },
    {
      name: 'may be nobody whose accounts serve the namespace, and then nobody lists for it',
      written: intent({ payer: LAX }),
      likely: { payer: LAX, isServing: false },
      payer: LAX,
      unproven: true,
      outsider: true,
    },
  ])('$name', ({ written, sent, likely = SERVING, hasKey = true, payer, unproven, outsider = false }) => {
    const judged = withLikelyPayer(gpuPod({ intent: written }), {
      proofs: { ofIntent: hasKey ? proofOf : () => undefined },
      sent,
      likelyPayer: () => likely,
    });
    expect(payerIn(judged.gpuPod)).toEqual(payer);
    expect([judged.isIntentUnproven, judged.isOfOutsider]).toEqual([unproven, outsider]);
  });

  it('is left to the status once that records who pays', () => {
    const status = rentedStatus({ account: { ...LAX, userId: 'user-1' } });
    const judged = withLikelyPayer(gpuPod({ intent: intent({ payer: LAX }), status }), {
      proofs: { ofIntent: proofOf },
      sent: undefined,
      likelyPayer: () => SERVING,
    });
    expect(payerIn(judged.gpuPod)).toEqual(LAX);
    expect(judged.isIntentUnproven).toBe(true);
  });
});
