import { expect, it } from '@jest/globals';
import { withProvenAccount } from '../../../../src/controllers/gpupod/accounts/proven-account.ts';
import type { StatedAccount } from '../../../../src/lifecycle/id-proof.ts';
import { rentedGpuPod } from '../../../support/builders/gpu-pod.ts';

const OF_A: StatedAccount = { kind: 'GpuAccount', name: 'a', userId: 'user-a' };
const OF_B: StatedAccount = { kind: 'GpuAccount', name: 'b', userId: 'user-b' };
const OWN: StatedAccount = { userId: 'user-1' };

function of(podId: string, account?: StatedAccount): string {
  return [podId, account?.name, account?.userId].join(' ');
}

interface Case {
  readonly name: string;
  readonly stated: StatedAccount;
  readonly proof?: string;
  readonly remembered?: StatedAccount;
  readonly candidates?: readonly StatedAccount[];
  readonly hasKey?: boolean;
  readonly account: StatedAccount;
  readonly isUnproven?: boolean;
}

const POD_ID = rentedGpuPod().status.podId ?? '';

it.each<Case>([
  { name: 'the proven account', stated: OF_A, proof: of(POD_ID, OF_A), account: OF_A },
  {
    name: 'the account of a status from before accounts were signed',
    stated: OF_A,
    proof: of(POD_ID),
    account: OF_A,
  },
  { name: 'the account that this process wrote', stated: OF_B, remembered: OF_A, account: OF_A },
  {
    name: 'the account that the proof names, after a restart',
    stated: OF_B,
    proof: of(POD_ID, OF_A),
    candidates: [OWN, OF_B, OF_A],
    account: OF_A,
  },
  {
    name: "the operator's own, where the proof names it",
    stated: OF_B,
    proof: of(POD_ID, OWN),
    candidates: [OWN, OF_B],
    account: OWN,
  },
  {
    name: 'a doubtful account, where the paying one no longer exists',
    stated: OF_B,
    proof: of(POD_ID, OF_A),
    candidates: [OWN, OF_B],
    account: OF_B,
    isUnproven: true,
  },
  {
    name: 'a doubtful account without a proof',
    stated: OF_B,
    candidates: [OF_A, OF_B],
    account: OF_B,
    isUnproven: true,
  },
  { name: 'the stated account, where nothing can be signed', stated: OF_B, hasKey: false, account: OF_B },
])('finds $name', (given) => {
  const { stated, proof, remembered, candidates = [], hasKey = true, account, isUnproven = false } = given;
  const object = rentedGpuPod({ status: { account: stated, podIdProof: proof } });
  const signed = remembered === undefined ? undefined : { ...object.status, account: remembered };
  const proofs = { of: hasKey ? of : () => undefined };
  const proven = withProvenAccount(object, { proofs, signed, candidates: () => candidates });
  expect([proven.gpuPod.status.account, proven.isUnproven]).toEqual([account, isUnproven]);
});
