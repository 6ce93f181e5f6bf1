import { SSH_KEY_SOURCES } from '../../api/common/ssh-key-sources.ts';
import { administratorOf } from '../account-identity.ts';
import { limitOf } from '../account-rules.ts';
import type { Observation } from '../observation.ts';
import type { AccountRules } from '../settings.ts';
import { fieldOf, keyChoiceOf } from '../ssh-key/key-choice.ts';

/** What the account that pays forbids, each with the field that somebody would have to change. */
const CHECKS: readonly ((observation: Observation, rules: AccountRules) => string | undefined)[] = [
  maxPriceMissing,
  retainNotAllowed,
  prepaidNotAllowed,
  spotNotAllowed,
  sshKeySourceNotAllowed,
  sshKeyNotAllowed,
  diskNotAllowed,
  templateNotAllowed,
];

export function forbiddenByAccount(observation: Observation): string | undefined {
  const { account: rules } = observation.policy;
  const problem =
    rules === undefined
      ? undefined
      : CHECKS.map((check) => check(observation, rules)).find((found) => found !== undefined);
  return problem === undefined
    ? undefined
    : `${problem} To have the limit changed, ask ${administratorOf(observation.reference)}.`;
}

function maxPriceMissing({ gpuPod, policy }: Observation, rules: AccountRules): string | undefined {
  const isMissing = gpuPod.spec.maxPrice === undefined && policy.defaultMaxPrice === undefined;
  return rules.limits.requireMaxPrice && isMissing
    ? `spec.maxPrice is required by ${limitOf(rules, 'requireMaxPrice')}: set the most that the instance may cost, in USD per hour.`
    : undefined;
}

function retainNotAllowed({ gpuPod }: Observation, rules: AccountRules): string | undefined {
  return rules.limits.allowRetain || gpuPod.spec.deletionPolicy !== 'Retain'
    ? undefined
    : `spec.deletionPolicy Retain is forbidden by ${limitOf(rules, 'allowRetain')}: set it to Delete.`;
}

function prepaidNotAllowed({ gpuPod }: Observation, rules: AccountRules): string | undefined {
  return rules.limits.allowPrepaid || !gpuPod.spec.placement.allowPrepaid
    ? undefined
    : `spec.placement.allowPrepaid is forbidden by ${limitOf(rules, 'allowPrepaid')}: set it to false.`;
}

function spotNotAllowed({ gpuPod }: Observation, rules: AccountRules): string | undefined {
  return rules.limits.allowSpot || gpuPod.spec.placement.spot !== 'Require'
    ? undefined
    : `spec.placement.spot Require is forbidden by ${limitOf(rules, 'allowSpot')}: set it to Forbid.`;
}

/** A list of key IDs would mean nothing beside keys that anybody brings. */
function sshKeySourceNotAllowed({ gpuPod }: Observation, rules: AccountRules): string | undefined {
  const choice = keyChoiceOf(gpuPod.spec);
  const { sshKeySources, sshKeyIds } = rules.limits;
  const allowed = sshKeySources ?? (sshKeyIds === undefined ? SSH_KEY_SOURCES : ['KeyID']);
  // Without a source that this version knows, refuseBadKey says so.
  const isUnnamed = choice.source === 'Unknown' || (choice.source === 'KeyID' && choice.id === undefined);
  return isUnnamed || allowed.includes(choice.source)
    ? undefined
    : `${fieldOf(choice)} is forbidden by ${limitOf(rules, sshKeySources === undefined ? 'sshKeyIds' : 'sshKeySources')}: use ${allowed.join(' or ')}.`;
}

function sshKeyNotAllowed({ gpuPod }: Observation, rules: AccountRules): string | undefined {
  const choice = keyChoiceOf(gpuPod.spec);
  const id = choice.source === 'KeyID' ? choice.id : undefined;
  const { sshKeyIds } = rules.limits;
  return id === undefined || sshKeyIds === undefined || sshKeyIds.includes(id)
    ? undefined
    : `SSH key ${id} is not in ${limitOf(rules, 'sshKeyIds')}.`;
}

function diskNotAllowed({ gpuPod }: Observation, rules: AccountRules): string | undefined {
  const { disks = [] } = gpuPod.spec;
  const id = disks.find((disk) => !isListed(rules.limits.diskIds, gpuPod.metadata.namespace, disk));
  return id === undefined ? undefined : `Disk ${id} of spec.disks is not in ${limitOf(rules, 'diskIds')}.`;
}

function templateNotAllowed({ gpuPod }: Observation, rules: AccountRules): string | undefined {
  const { customTemplateId: id } = gpuPod.spec;
  return id === undefined || isListed(rules.limits.templateIds, gpuPod.metadata.namespace, id)
    ? undefined
    : `spec.customTemplateId ${id} is not in ${limitOf(rules, 'templateIds')}.`;
}

/** An absent list allows everything, an empty one nothing. An entry is an ID for all namespaces, or `namespace/id`. */
function isListed(allowed: readonly string[] | undefined, namespace: string, id: string): boolean {
  return allowed === undefined || allowed.includes(id) || allowed.includes(`${namespace}/${id}`);
}
