import { ANNOTATIONS } from '../../../src/api/common/names.ts';
import { recordAt, stringAt } from '../../../src/json.ts';
import type { RawObject } from '../../../src/kubernetes/objects.ts';
import type { Simulation } from '../simulation.ts';

/** The start and the end of a GpuPod, as Mermaid draws them. */
const OUTSIDE = '[*]';

/** The phase of an object, or the start before the first status. */
export function phaseOf(object: RawObject | undefined): string {
  return stringAt(object?.['status'], 'phase') ?? OUTSIDE;
}

/** Records each reason of Ready in this simulation. */
export function noteReasons(simulation: Simulation, reasons: Set<string>): void {
  simulation.server.onChange(({ kind, object }) => {
    const reason = kind === 'gpupods' ? readyReasonOf(object) : undefined;
    if (reason !== undefined) reasons.add(reason);
  });
}

function readyReasonOf(object: RawObject): string | undefined {
  const { conditions } = recordAt(object, 'status');
  const all: readonly unknown[] = Array.isArray(conditions) ? conditions : [];
  const ready = all.find((condition) => stringAt(condition, 'type') === 'Ready');
  return stringAt(ready, 'reason');
}

/** Records each phase transition of a GpuPod in this simulation: `Pending --> Provisioning`. */
export function noteTransitions(simulation: Simulation, transitions: Set<string>): void {
  simulation.server.onChange(({ kind, type, object, before, by }) => {
    if (kind !== 'gpupods') return;
    const from = phaseOf(before);
    const to = type === 'DELETED' ? OUTSIDE : phaseOf(object);
    // A status that a person writes is no transition, and neither is the removal of an object by force.
    const isForced = by === 'person' && (type !== 'DELETED' || hasRequested(object));
    if (from !== to && !isForced) transitions.add(`${from} --> ${to}`);
  });
}

function hasRequested({ metadata, status }: RawObject): boolean {
  return metadata.annotations?.[ANNOTATIONS.intent] !== undefined || stringAt(status, 'podId') !== undefined;
}
