import type { GpuPod } from '../../api/gpupod/gpu-pod.ts';
import { accountName, administratorOf } from '../account-identity.ts';
import type { Observation } from '../observation.ts';
import { fieldOf, keyChoiceOf } from '../ssh-key/key-choice.ts';
import type { Step } from '../step.ts';
import { forbiddenByAccount } from './account-limits.ts';
import { refuse } from './stalled.ts';

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
  return message === undefined ? undefined : refuse(observation, 'CrdOutdated', message);
}

export function refuseForbidden(observation: Observation): Step | undefined {
  const message = CHECKS.map((check) => check(observation)).find((problem) => problem !== undefined);
  return message === undefined ? undefined : refuse(observation, 'NotAllowed', message);
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

function reachabilityNotProbed({ gpuPod, probe }: Observation): string | undefined {
  return gpuPod.spec.readiness === 'Reachable' && probe === undefined
    ? 'spec.readiness is Reachable, but this operator probes no SSH servers (--ssh-probe). Turn that on, or leave spec.readiness out.'
    : undefined;
}
