import { FINALIZER } from '../../../src/api/common/names.ts';
import type { RawObject } from '../../../src/kubernetes/objects.ts';
import { conditionsOf, isReady, podIdOf, statusOf } from '../readings.ts';
import type { Change } from '../simulated-api-server.ts';
import { isByOperator } from './guard.ts';
import type { Guard, GuardedSimulation } from './guard.ts';

/** A GpuPod that is released or has no instance shows no address and does not say that it bills. */
export function afterEndGuard(simulation: GuardedSimulation): Guard {
  function isLeftRunning({ metadata }: RawObject): boolean {
    return simulation.api.world.pods
      .live()
      .some(({ id, name }) => simulation.journal.uidOf(id, name) === metadata.uid);
  }

  function judge(change: Change): void {
    const { object, before } = change;
    const { name } = object.metadata;
    // An address that a person wrote into a status without an ID is not the operator's statement.
    const isJudged = podIdOf(object) === undefined && (podIdOf(before) !== undefined || !hasAddress(before));
    for (const [what, isWrong] of isJudged ? whileNothingIsRented(object) : []) {
      if (isWrong) simulation.journal.addViolation('after-end', `${name} has no instance, but ${what}`);
    }
    if (!isReleased(change) || isLeftRunning(object)) return;
    for (const [what, isWrong] of onceReleased(object)) {
      if (isWrong) simulation.journal.addViolation('after-end', `${name} was released, but ${what}`);
    }
  }

  return {
    onChange: (change) => {
      if (change.kind === 'gpupods' && isByOperator(change) && change.type === 'MODIFIED') judge(change);
    },
  };
}

type Rows = readonly (readonly [what: string, isWrong: boolean])[];

function hasAddress(object: RawObject | undefined): boolean {
  const { ssh, ports } = object === undefined ? {} : statusOf(object);
  return ssh !== undefined || (Array.isArray(ports) && ports.length > 0);
}

function whileNothingIsRented(object: RawObject): Rows {
  return [
    ['shows an address', hasAddress(object)],
    ['is Ready', isReady(object)],
  ];
}

function onceReleased(object: RawObject): Rows {
  const messages = conditionsOf(object).map(({ message }) => String(message));
  return [
    ...whileNothingIsRented(object),
    ['names its instance', podIdOf(object) !== undefined],
    ['says that it bills', messages.some((message) => /\bmay bill\b|\bbills\b|\bbilling\b/.test(message))],
  ];
}

/** The operator has removed its finalizer, and another finalizer holds the object. */
function isReleased({ object, before }: Change): boolean {
  const { finalizers = [], deletionTimestamp } = object.metadata;
  const hadOurs = (before?.metadata.finalizers ?? []).includes(FINALIZER);
  return (
    deletionTimestamp !== undefined && hadOurs && !finalizers.includes(FINALIZER) && finalizers.length > 0
  );
}
