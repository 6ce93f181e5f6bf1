import { ANNOTATIONS } from '../../../src/api/common/names.ts';
import { isPaused } from '../../../src/api/gpupod/gpu-pod.ts';
import type { GpuPodStatus } from '../../../src/api/gpupod/status.ts';
import { readIntent, writeIntent } from '../../../src/lifecycle/intent.ts';
import type { Intent } from '../../../src/lifecycle/intent.ts';
import type { Observation } from '../../../src/lifecycle/observation.ts';
import { podNamePrefix } from '../../../src/lifecycle/pod-name.ts';
import { eventsBetween } from '../../../src/lifecycle/status/events.ts';
import type { LocalState } from '../../../src/lifecycle/local-state.ts';
import type { InstanceSnapshot } from '../../../src/lifecycle/provider.ts';
import type { Effect, Step } from '../../../src/lifecycle/step.ts';
import { crdProblems, partOf } from './crd-schema.ts';
import { FOREIGN } from './hostile-objects.ts';
import { isPrintable, lengthOf } from './hostile-values.ts';

/** Rules for every step of a hostile object. Each judge returns what is wrong. */

const STATUS = partOf('status');
const MAX_STEP_LENGTH = 64 * 1024;
const MAX_MESSAGE_LENGTH = 300;

/** `pods`: the live instances at the provider. Others cannot come to harm. */
export function judgeStep(known: Observation, step: Step, instances: readonly InstanceSnapshot[]): string[] {
  const status = statusOf(step);
  return [
    ...(step.kind === 'act' ? judgeEffect(known, step.effect, instances) : judgeRest(step)),
    ...(status === undefined || status === known.gpuPod.status
      ? []
      : judgeStatus(known.gpuPod.status, status)),
    ...(JSON.stringify(step).length > MAX_STEP_LENGTH ? ['a step without bounds'] : []),
  ];
}

export function statusOf(step: Step): GpuPodStatus | undefined {
  if (step.kind === 'rest') return step.status;
  return step.effect.type === 'writeStatus' ? step.effect.status : undefined;
}

function judgeRest({
  requeueAfterMs = 0,
  wantsInventoryAfterMs = 0,
}: Extract<Step, { kind: 'rest' }>): string[] {
  const isTime =
    requeueAfterMs >= 0 && Number.isFinite(requeueAfterMs) && Number.isFinite(wantsInventoryAfterMs);
  return isTime ? [] : ['a time that never comes'];
}

function judgeEffect(known: Observation, effect: Effect, instances: readonly InstanceSnapshot[]): string[] {
  switch (effect.type) {
    case 'createPod':
      return judgeCreate(known, effect);
    case 'deletePod':
    case 'deleteDuplicate':
      return judgeEnd(known, effect.podId, instances);
    case 'ensureSecret':
      return effect.name.length <= 253 ? [] : ['a name that is too long'];
    default:
      return [];
  }
}

function judgeEnd(
  { gpuPod, account }: Observation,
  podId: string,
  instances: readonly InstanceSnapshot[],
): string[] {
  const isAlive = instances.some((instance) => instance.podId === podId);
  const isForeign = isAlive && FOREIGN.some((foreign) => foreign.podId === podId);
  return [
    ...(isForeign ? [`an end of ${podId}, which is not ours`] : []),
    ...(isPaused(gpuPod) || account.kind !== 'fits' ? ['an end that is not wanted'] : []),
  ];
}

function judgeCreate(
  known: Observation,
  { intent, request }: Extract<Effect, { type: 'createPod' }>,
): string[] {
  const { cap, name } = request;
  const isCapped =
    Number.isFinite(cap) && cap >= 10_000 && cap <= (known.gpuPod.spec.maxPrice ?? Infinity) * 1_000_000;
  return [
    ...(mayHaveSent(known) ? ['a create request while another one may be open'] : []),
    ...(isCapped ? [] : [`a create request with the cap ${cap}`]),
    ...(isFindable(known, intent) && name === intent.name ? [] : [`a create request under the name ${name}`]),
    ...(JSON.stringify(intent).length > 8_192 ? ['an intent without bounds'] : []),
  ];
}

/** The create intent can be read back from the object, and its instance can be distinguished by its name. */
function isFindable({ gpuPod, installation }: Observation, intent: Intent): boolean {
  const { metadata } = gpuPod;
  const annotations = { ...metadata.annotations, [ANNOTATIONS.intent]: writeIntent(intent) };
  const namePrefix = podNamePrefix(installation, metadata);
  return (
    readIntent({ ...gpuPod, metadata: { ...metadata, annotations } }).kind === 'read' &&
    /^gp-[a-z0-9]{6}-[a-z0-9]{10,32}-[0-9]{1,6}(-[a-z0-9-]*)?$/.test(intent.name) &&
    intent.name.startsWith(`${namePrefix}-${intent.attempt}`) &&
    intent.name.length <= 63
  );
}

/** True if an instance may exist, according to the object and the process's own request. */
function mayHaveSent(known: Observation): boolean {
  const { gpuPod, intent: reading, localState } = known;
  if (gpuPod.status.podId !== undefined) return true;
  if (reading.kind === 'read') return mayComeOf(known, reading.intent);
  return (
    reading.kind === 'garbled' && !isNotCreated(localState) && (localState.pendingCreate?.absences ?? 0) < 3
  );
}

function mayComeOf({ gpuPod, installation, localState, mayAdopt }: Observation, intent: Intent): boolean {
  const isOurs = intent.uid === gpuPod.metadata.uid || mayAdopt;
  const isExcluded = isNotCreated(localState) && intent.installation === installation;
  return isOurs && !isSettled(gpuPod.status, intent) && !isExcluded;
}

function isNotCreated({ pendingCreate }: LocalState): boolean {
  return pendingCreate?.outcome?.kind === 'notSent' || pendingCreate?.outcome?.kind === 'refused';
}

function isSettled({ podName, attempts = [] }: GpuPodStatus, intent: Intent): boolean {
  const isNamed = podName?.toLowerCase() === intent.name.toLowerCase();
  return (
    isNamed ||
    // A later attempt shows that this one is settled, as after older annotations were restored.
    attempts.some(
      ({ number, outcome }) =>
        number > intent.attempt || (number === intent.attempt && outcome !== undefined),
    )
  );
}

/** Only what the step adds, because somebody else wrote an earlier odd status. */
function judgeStatus(before: GpuPodStatus, after: GpuPodStatus): string[] {
  // As JSON, like on the wire.
  const status: unknown = JSON.parse(JSON.stringify(after));
  const types = (after.conditions ?? []).map(({ type }) => type);
  const events = eventsBetween(before, after).map(({ message }) => message);
  const messages = [...(after.conditions ?? []), ...(after.attempts ?? [])].map(
    ({ message = '' }) => message,
  );
  const known = crdProblems(before, STATUS, 'status').map(withoutIndex);
  return [
    ...crdProblems(status, STATUS, 'status').filter((problem) => !known.includes(withoutIndex(problem))),
    ...(types.includes('Reconciling') && types.includes('Stalled') ? ['Reconciling and Stalled'] : []),
    ...messages
      .filter((message) => lengthOf(message) > MAX_MESSAGE_LENGTH)
      .map(() => 'a message that is too long'),
    ...[...textsIn(status), ...events]
      .filter((text) => !isPrintable(text))
      .map((text) => `unprintable: ${JSON.stringify(text.slice(0, 80))}`),
  ];
}

function withoutIndex(problem: string): string {
  return problem.replaceAll(/\[\d+\]/g, '[]');
}

function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => [key, ...textsIn(item)]);
}
