import type { GpuPod } from '../../../api/gpupod/gpu-pod.ts';
import { isProvenStatus } from '../../../lifecycle/id-proof.ts';
import type { IdProofs, StatedAccount } from '../../../lifecycle/id-proof.ts';
import type { LocalState } from '../../../lifecycle/local-state.ts';

interface Evidence {
  readonly proofs: Pick<IdProofs, 'of'>;
  /** The last status that the operator surely wrote. */
  readonly signed: LocalState['signed'];
  /** The accounts that may have paid. */
  readonly candidates: () => readonly StatedAccount[];
}

/** A GpuPod with the account that surely pays, and whether nothing proves the account that its status names. */
export interface Proven {
  readonly gpuPod: GpuPod;
  readonly isUnproven: boolean;
}

/**
 * Puts the account back that the operator wrote beside the instance ID. Whoever can write a status could otherwise make
 * the operator look for the instance on another account, and take its absence there for its end.
 */
export function withProvenAccount(gpuPod: GpuPod, { proofs, signed, candidates }: Evidence): Proven {
  const { status } = gpuPod;
  const { podId, podIdProof } = status;
  if (podId === undefined || proofs.of(podId) === undefined) {
    return { gpuPod, isUnproven: false };
  }
  const remembered = signed?.podId === podId ? signed.account : undefined;
  if (remembered !== undefined) {
    return { gpuPod: withAccount(gpuPod, remembered), isUnproven: false };
  }
  if (isProvenStatus(proofs, status)) {
    return { gpuPod, isUnproven: false };
  }
  const proven = candidates().find((account) => proofs.of(podId, account) === podIdProof);
  return proven === undefined
    ? { gpuPod, isUnproven: true }
    : { gpuPod: withAccount(gpuPod, proven), isUnproven: false };
}

function withAccount(gpuPod: GpuPod, account: StatedAccount): GpuPod {
  const stated = gpuPod.status.account;
  const isSame =
    stated?.kind === account.kind &&
    stated?.name === account.name &&
    stated?.origin === account.origin &&
    stated?.userId === account.userId;
  return isSame ? gpuPod : { ...gpuPod, status: { ...gpuPod.status, account } };
}
