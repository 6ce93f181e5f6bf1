import { parseGpuPod } from '../../api/gpupod/gpu-pod.ts';
import type { GpuPod } from '../../api/gpupod/gpu-pod.ts';
import type { KubernetesObject } from '../../kubernetes/objects.ts';
import type { AccountReference } from '../../lifecycle/account-identity.ts';
import { unresolvedIntent, writingOf } from '../../lifecycle/intent.ts';
import type { Intent } from '../../lifecycle/intent.ts';
import type { Wallet } from '../../lifecycle/provider.ts';
import { attemptKey } from '../../lifecycle/pod-name.ts';

/** What a GpuPod names, and so what it counts may depend on. */
export interface GpuPodFacts {
  readonly uid: string;
  /** The instance that it has. */
  readonly podIds: readonly string[];
  /** The attempts whose instances it may have, see `attemptKey`. */
  readonly attempts: readonly string[];
  readonly open?: OpenCreate;
  /** When its prepaid instance was created, in milliseconds since 1970. It counts its prepaid hours for an hour. */
  readonly prepaidAtMs?: number;
}

/** A create intent whose outcome is not recorded. */
export interface OpenCreate {
  readonly attempt: string;
  readonly payer: AccountReference | undefined;
  readonly namespace: string;
  /** The wallet and user whose complete list would show the instance. */
  readonly wallet: Wallet;
  readonly userId: string | undefined;
  /** How long after the write the request may still be sent, by its own statement. */
  readonly sendWithinMs: number;
  /** Identifies this writing, with whom it names: an edited intent says nothing about the one that was sent. */
  readonly writing: string;
  /** The UID in the intent, if it is that of another GpuPod. The intent counts only while that one does not exist. */
  readonly adoptedUid?: string;
}

/** An object that this version cannot read counts nothing, but it exists. */
export function factsOf(object: KubernetesObject): GpuPodFacts {
  const parsed = parseGpuPod(object);
  return parsed.kind === 'ok'
    ? readFacts(parsed.gpuPod)
    : { uid: object.metadata.uid, podIds: [], attempts: [] };
}

function readFacts(gpuPod: GpuPod): GpuPodFacts {
  const { uid } = gpuPod.metadata;
  const { podId, podName } = gpuPod.status;
  const open = openCreateOf(gpuPod);
  const prepaidAtMs = prepaidAtMsOf(gpuPod);
  const rented = podId === undefined || podName === undefined ? [] : [attemptKey(podName)];
  return {
    uid,
    podIds: podId === undefined ? [] : [podId],
    attempts: open === undefined ? rented : [open.attempt],
    ...(open === undefined ? {} : { open }),
    ...(prepaidAtMs === undefined ? {} : { prepaidAtMs }),
  };
}

function prepaidAtMsOf({ status: { podId, offer, createdAt = '' } }: GpuPod): number | undefined {
  const createdAtMs = Date.parse(createdAt);
  const isPrepaid = podId !== undefined && offer?.prepaidHours !== undefined;
  return isPrepaid && !Number.isNaN(createdAtMs) ? createdAtMs : undefined;
}

function openCreateOf(gpuPod: GpuPod): OpenCreate | undefined {
  const intent = unresolvedIntent(gpuPod);
  const { uid, namespace } = gpuPod.metadata;
  return intent === undefined
    ? undefined
    : {
        attempt: attemptKey(intent.name),
        payer: intent.payer,
        namespace,
        wallet: intent.teamId,
        userId: intent.account,
        sendWithinMs: intent.sendWithinMs ?? 0,
        writing: writingWithPayer(intent),
        ...(intent.uid === uid ? {} : { adoptedUid: intent.uid }),
      };
}

function writingWithPayer(intent: Intent): string {
  const { payer, account, teamId } = intent;
  return JSON.stringify([writingOf(intent), payer?.kind, payer?.name, account, teamId]);
}
