import type { RawObject } from '../../../src/kubernetes/objects.ts';
import { conditionsOf, reasonOf } from '../readings.ts';
import { stringAt } from '../../../src/json.ts';
import type { SimulatedWorld } from '../simulated-world.ts';

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
export function attend(world: SimulatedWorld, { isAskedAnew, note }: AttendantOptions): void {
  const actions: Readonly<Partial<Record<string, Action>>> = {
    AttemptsExhausted: (_world, object) => {
      if (!isAskedAnew(object.metadata.name)) return;
      askAnew(world, object);
      note(ASKED_ANEW);
    },
    CreateUncertain: confirmAbsent,
    NewerInstance: endUnusable,
    ForeignIntent: dropForeign,
  };
  world.server.onChange(({ kind, object, before, by, type }) => {
    if (kind !== 'gpupods' || type === 'DELETED' || !by.startsWith('operator')) return;
    const reason = reasonOf(object, 'Stalled');
    const isNew = before === undefined || reason !== reasonOf(before, 'Stalled');
    if (!isNew) return;
    const act = reason === undefined ? undefined : actions[reason];
    if (act !== undefined) {
      world.later(ACTS_AFTER_MS, () => {
        act(world, object, note);
      });
    }
  });
}

type Action = (world: SimulatedWorld, object: RawObject, note: (what: string) => void) => void;

function askAnew(world: SimulatedWorld, object: RawObject): void {
  annotate(world, object, 'gpupod.dev/reconcile-requested-at', world.nowText());
}

/** Looks at the provider's page, as the message says, and terminates an instance that exists after all. */
function confirmAbsent(world: SimulatedWorld, { metadata }: RawObject, note: (what: string) => void): void {
  const object = world.server.get('gpupods', metadata);
  const podName = object === undefined ? undefined : podNameIn(object);
  if (object === undefined || podName === undefined) return;
  terminateByHand(world, podName, note);
  annotate(world, object, 'gpupod.dev/confirm-absent', podName);
  note(CONFIRMED);
}

/**
 * The instance that the GpuPod lost never gets ready, so the GpuPod cannot adopt it. A person terminates it
 * at the provider.
 */
function endUnusable(world: SimulatedWorld, { metadata }: RawObject, note: (what: string) => void): void {
  const object = world.server.get('gpupods', metadata);
  if (object === undefined || reasonOf(object, 'Stalled') !== 'NewerInstance') return;
  const message = stalledMessage(object);
  for (const { id, name } of world.api.world.ledger.live()) {
    if (message.includes(id)) terminateByHand(world, name, note);
  }
}

/**
 * A create intent of an earlier installation: a person terminates its instance and removes the create
 * intent.
 */
function dropForeign(world: SimulatedWorld, { metadata }: RawObject, note: (what: string) => void): void {
  const object = world.server.get('gpupods', metadata);
  const podName = object === undefined ? undefined : podNameIn(object);
  if (object === undefined || podName === undefined) return;
  terminateByHand(world, podName, note);
  if (object.metadata.deletionTimestamp === undefined)
    annotate(world, object, 'gpupod.dev/intent', undefined);
  else annotate(world, object, 'gpupod.dev/force-release', podName);
}

function terminateByHand(world: SimulatedWorld, podName: string, note: (what: string) => void): void {
  for (const { id, name } of world.api.world.ledger.live()) {
    if (name !== podName) continue;
    world.trace.add(world.time.nowMs, `*** a person terminates ${name}`);
    world.api.world.pods.end(id, 'Forced');
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
  world: SimulatedWorld,
  object: RawObject,
  annotation: string,
  value: string | undefined,
): void {
  world.server.edit(
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
export function beginWithOldCrd(world: SimulatedWorld, fields: readonly string[]): void {
  world.server.prunedFields = fields;
  world.later(3 * 60_000, () => {
    world.server.prunedFields = [];
    for (const operator of world.operators) operator.kill();
  });
}
