import type { RawObject } from '../../../src/kubernetes/objects.ts';
import { conditionsOf, reasonOf } from '../readings.ts';
import { stringAt } from '../../../src/json.ts';
import type { Simulation } from '../simulation.ts';

const ASKED_ANEW = 'asked for more attempts';
const CONFIRMED = 'absence confirmed by a person';
const TERMINATED_BY_HAND = 'instance of a lost create request terminated by hand';

/** What the attendant does, as counted among the faults. */
export const ATTENDED: readonly string[] = [ASKED_ANEW, CONFIRMED, TERMINATED_BY_HAND];

/** The time that a person needs to notice and to act. */
const ACTS_AFTER_MS = 60_000;

interface AttendantOptions {
  readonly isAskedAnew: (name: string) => boolean;
  readonly note: (what: string) => void;
}

/** A person who does what the status of a GpuPod asks for. */
export function attend(simulation: Simulation, { isAskedAnew, note }: AttendantOptions): void {
  const actions: Readonly<Partial<Record<string, Action>>> = {
    AttemptsExhausted: (_simulation, object) => {
      if (!isAskedAnew(object.metadata.name)) return;
      askAnew(simulation, object);
      note(ASKED_ANEW);
    },
    CreateUncertain: confirmAbsent,
    NewerInstance: endUnusable,
    ForeignIntent: dropForeign,
  };
  simulation.server.onChange(({ kind, object, before, by, type }) => {
    if (kind !== 'gpupods' || type === 'DELETED' || !by.startsWith('operator')) return;
    const reason = reasonOf(object, 'Stalled');
    const isNew = before === undefined || reason !== reasonOf(before, 'Stalled');
    if (!isNew) return;
    const act = reason === undefined ? undefined : actions[reason];
    if (act !== undefined) {
      simulation.later(ACTS_AFTER_MS, () => {
        act(simulation, object, note);
      });
    }
  });
}

type Action = (simulation: Simulation, object: RawObject, note: (what: string) => void) => void;

function askAnew(simulation: Simulation, object: RawObject): void {
  annotate(simulation, object, 'gpupod.dev/reconcile-requested-at', simulation.nowText());
}

/** Looks at the provider's page, as the message says, and terminates an instance that exists after all. */
function confirmAbsent(simulation: Simulation, { metadata }: RawObject, note: (what: string) => void): void {
  const object = simulation.server.get('gpupods', metadata);
  const podName = object === undefined ? undefined : podNameIn(object);
  if (object === undefined || podName === undefined) return;
  terminateByHand(simulation, podName, note);
  annotate(simulation, object, 'gpupod.dev/confirm-absent', podName);
  note(CONFIRMED);
}

/**
 * The instance that the GpuPod lost never gets ready, so the GpuPod cannot adopt it. A person terminates it
 * at the provider.
 */
function endUnusable(simulation: Simulation, { metadata }: RawObject, note: (what: string) => void): void {
  const object = simulation.server.get('gpupods', metadata);
  if (object === undefined || reasonOf(object, 'Stalled') !== 'NewerInstance') return;
  const message = stalledMessage(object);
  for (const { id, name } of simulation.api.world.ledger.live()) {
    if (message.includes(id)) terminateByHand(simulation, name, note);
  }
}

/**
 * A create intent of an earlier installation: a person terminates its instance and removes the create
 * intent.
 */
function dropForeign(simulation: Simulation, { metadata }: RawObject, note: (what: string) => void): void {
  const object = simulation.server.get('gpupods', metadata);
  const podName = object === undefined ? undefined : podNameIn(object);
  if (object === undefined || podName === undefined) return;
  terminateByHand(simulation, podName, note);
  if (object.metadata.deletionTimestamp === undefined) {
    annotate(simulation, object, 'gpupod.dev/intent', undefined);
  } else annotate(simulation, object, 'gpupod.dev/force-release', podName);
}

function terminateByHand(simulation: Simulation, podName: string, note: (what: string) => void): void {
  for (const { id, name } of simulation.api.world.ledger.live()) {
    if (name !== podName) continue;
    simulation.trace.add(simulation.time.nowMs, `*** a person terminates ${name}`);
    simulation.api.world.pods.end(id, 'Forced');
    note(TERMINATED_BY_HAND);
  }
}

/** The instance name in the message. */
function podNameIn(object: RawObject): string | undefined {
  return /\bgp-[\w-]+/.exec(stalledMessage(object))?.[0];
}

function stalledMessage(object: RawObject): string {
  return (
    stringAt(
      conditionsOf(object).find(({ type }) => type === 'Stalled'),
      'message',
    ) ?? ''
  );
}

/** @param value undefined removes the annotation */
export function annotate(
  simulation: Simulation,
  object: RawObject,
  annotation: string,
  value: string | undefined,
): void {
  simulation.server.edit(
    'gpupods',
    object.metadata,
    (held) => {
      const { [annotation]: _old, ...others } = { ...held.metadata.annotations };
      const annotations = value === undefined ? others : { ...others, [annotation]: value };
      return { ...held, metadata: { ...held.metadata, annotations } };
    },
    'person',
  );
}

/**
 * The installed CRD drops these fields of a status until a person applies the current one and restarts the
 * operator.
 */
export function beginWithOldCrd(simulation: Simulation, fields: readonly string[]): void {
  simulation.server.prunedFields = fields;
  simulation.later(3 * 60_000, () => {
    simulation.server.prunedFields = [];
    for (const operator of simulation.operators) operator.kill();
  });
}
