import type { GpuPod } from '../../api/gpupod/gpu-pod.ts';
import { formatUsd } from '../../offers/money.ts';
import { accountName, administratorOf } from '../account-identity.ts';
import type { Observation } from '../observation.ts';
import { MAX_INVALID_REFUSALS } from '../settings.ts';
import { attemptsOf, costOfFailures } from '../status/attempts.ts';
import { fieldOf, keyChoiceOf } from '../ssh-key/key-choice.ts';
import { draftStatus } from '../status/draft.ts';
import type { Step } from '../step.ts';
import { forbiddenByAccount } from './account-limits.ts';
import { pendingBecause } from './condition-drafts.ts';

/** What the operator's settings forbid, checked before any money is spent. The first message counts. */
const CHECKS: readonly ((observation: Observation) => string | undefined)[] = [
  forbiddenByAccount, // whoever writes the account limits its wallet
  teamNotAllowed, // no tenant chooses whose wallet pays
  sshKeySourceNotAllowed, // each source means a right at the provider
  sshKeyNotAllowed,
  diskNotAllowed, // a disk holds somebody's data
  templateNotAllowed,
  maxPriceMissing,
  retainNotAllowed,
  prepaidNotAllowed,
  reachabilityNotProbed, // it would bill and never become ready
];

/**
 * A limit does not hold if the status does not keep it: the operator rents nothing new, and still follows and
 * terminates what runs.
 */
export function refuseWhileCrdOutdated(observation: Observation): Step | undefined {
  const message = observation.crdProblem;
  return message === undefined
    ? undefined
    : {
        kind: 'rest',
        status: draftStatus(observation, {
          Ready: pendingBecause(message),
          Synced: ['CrdOutdated', message],
          progress: { type: 'Stalled', draft: ['CrdOutdated', message] },
        }),
      };
}

export function refuseForbidden(observation: Observation): Step | undefined {
  const message = CHECKS.map((check) => check(observation)).find((problem) => problem !== undefined);
  return message === undefined
    ? undefined
    : {
        kind: 'rest',
        status: draftStatus(observation, {
          Ready: pendingBecause(message),
          Synced: ['NotAllowed', message],
          progress: { type: 'Stalled', draft: ['NotAllowed', message] },
        }),
      };
}

function teamNotAllowed({ gpuPod, policy, reference }: Observation): string | undefined {
  const { teamId } = gpuPod.spec;
  const isAllowed =
    teamId === undefined || teamId === policy.defaultTeamId || policy.allowedTeamIds.includes(teamId);
  if (isAllowed) {
    return undefined;
  }
  return reference === undefined
    ? `spec.teamId ${teamId} is not among the teams that this operator allows (--allowed-team-ids).`
    : `spec.teamId ${teamId} is not the team of ${accountName(reference, gpuPod.metadata.namespace)} (its spec.teamId), which pays, nor in its limits.teamIds. Correct the field, or ask ${administratorOf(reference)}.`;
}

function sshKeySourceNotAllowed({ gpuPod, policy }: Observation): string | undefined {
  const choice = keyChoiceOf(gpuPod.spec);
  // Without a source that this version knows, refuseBadKey says so.
  const isUnnamed = choice.source === 'Unknown' || (choice.source === 'KeyID' && choice.id === undefined);
  return isUnnamed || policy.sshKeySources.includes(choice.source)
    ? undefined
    : `${fieldOf(choice)} is not among the sources of SSH keys that this operator allows (--ssh-key-sources).`;
}

function sshKeyNotAllowed({ gpuPod, policy }: Observation): string | undefined {
  const choice = keyChoiceOf(gpuPod.spec);
  const sshKeyId = choice.source === 'KeyID' ? choice.id : undefined;
  const { allowedSshKeyIds, defaultSshKeyId } = policy;
  const isAllowed =
    sshKeyId === undefined ||
    allowedSshKeyIds.length === 0 ||
    sshKeyId === defaultSshKeyId ||
    allowedSshKeyIds.includes(sshKeyId);
  return isAllowed
    ? undefined
    : `${fieldOf(choice)} ${sshKeyId} is not among the keys that this operator allows (--allowed-ssh-key-ids).`;
}

function diskNotAllowed({ gpuPod, policy }: Observation): string | undefined {
  const { disks = [] } = gpuPod.spec;
  const diskId = disks.find((id) => !isListed(gpuPod, policy.allowedDiskIds, id));
  return diskId === undefined
    ? undefined
    : `Disk ${diskId} of spec.disks is not among those that this operator allows in this namespace (--allowed-disk-ids).`;
}

function templateNotAllowed({ gpuPod, policy }: Observation): string | undefined {
  const { customTemplateId } = gpuPod.spec;
  return customTemplateId === undefined || isListed(gpuPod, policy.allowedTemplateIds, customTemplateId)
    ? undefined
    : `spec.customTemplateId ${customTemplateId} is not among the templates that this operator allows in this namespace (--allowed-template-ids).`;
}

/** An empty list allows everything. An entry is an ID for all namespaces, or `namespace/id`. */
function isListed({ metadata }: GpuPod, allowed: readonly string[], id: string): boolean {
  return allowed.length === 0 || allowed.includes(id) || allowed.includes(`${metadata.namespace}/${id}`);
}

function maxPriceMissing({ gpuPod, policy }: Observation): string | undefined {
  return policy.requireMaxPrice && gpuPod.spec.maxPrice === undefined && policy.defaultMaxPrice === undefined
    ? 'This operator requires spec.maxPrice (--require-max-price): set the most that the instance may cost, in USD per hour.'
    : undefined;
}

function retainNotAllowed({ gpuPod, policy }: Observation): string | undefined {
  return policy.allowRetain || gpuPod.spec.deletionPolicy !== 'Retain'
    ? undefined
    : 'spec.deletionPolicy Retain is forbidden by this operator (--allow-retain=false): set it to Delete.';
}

function prepaidNotAllowed({ gpuPod, policy }: Observation): string | undefined {
  return policy.allowPrepaid || !gpuPod.spec.placement.allowPrepaid
    ? undefined
    : 'spec.placement.allowPrepaid is forbidden by this operator (--allow-prepaid=false): set it to false.';
}

/** Stops after `maxAttempts` paid instances of which none became ready. A person decides whether to go on. */
export function stopAfterFailures(observation: Observation): Step | undefined {
  const { gpuPod } = observation;
  const failed = gpuPod.status.failedAttempts ?? 0;
  const isPrepaidFailed = failed > 0 && wasPrepaidFailure(observation);
  if (failed < gpuPod.spec.maxAttempts && !isPrepaidFailed) {
    return undefined;
  }
  const usd = formatUsd(Math.round(costOfFailures(gpuPod.status, failed) * 1_000_000));
  const what = isPrepaidFailed
    ? 'The prepaid instance did not become ready, and the operator tries a prepaid offer only once'
    : `${String(failed)} instances were rented and none became ready`;
  const message = `${what}; that cost about ${usd} USD. See status.attempts; change the spec, or set a new gpupod.dev/reconcile-requested-at.`;
  return stall(observation, 'AttemptsExhausted', message);
}

/** Whether the last attempt was prepaid and its instance failed. A refused or unsent request has charged nothing. */
function wasPrepaidFailure({ intent, gpuPod }: Observation): boolean {
  if (intent.kind !== 'read' || intent.intent.offer.prepaidHours === undefined) {
    return false;
  }
  const { attempt } = intent.intent;
  return attemptsOf(gpuPod.status).some(({ number, outcome }) => number === attempt && outcome === 'Failed');
}

/** Several offers refused the request as invalid, so the next one would too. */
export function stopAfterInvalidRequests(observation: Observation): Step | undefined {
  const { gpuPod, localState } = observation;
  const { generation, count, message } = localState.invalidRefusals;
  return generation === gpuPod.metadata.generation && count >= MAX_INVALID_REFUSALS
    ? stall(
        observation,
        'InvalidRequest',
        `The provider refuses what the spec asks for; change the spec. ${message}`,
      )
    : undefined;
}

/** Waits until a person acts. */
export function stall(
  observation: Observation,
  reason: 'AttemptsExhausted' | 'InvalidRequest' | 'CostLimitReached',
  message: string,
): Step {
  return {
    kind: 'rest',
    status: draftStatus(observation, {
      Ready: reason === 'CostLimitReached' ? [reason, message] : pendingBecause(message),
      ...(reason === 'InvalidRequest' ? { Synced: [reason, message] } : {}),
      progress: { type: 'Stalled', draft: [reason, message] },
    }),
  };
}

function reachabilityNotProbed({ gpuPod, probe }: Observation): string | undefined {
  return gpuPod.spec.readiness === 'Reachable' && probe === undefined
    ? 'spec.readiness is Reachable, but this operator probes no SSH servers (--ssh-probe). Turn that on, or leave spec.readiness out.'
    : undefined;
}
