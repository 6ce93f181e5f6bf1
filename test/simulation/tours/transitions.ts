import { ANNOTATIONS } from '../../../src/api/names.ts';
import { recordAt, stringAt } from '../../../src/json.ts';
import type { RawObject } from '../../../src/kubernetes/objects.ts';
import type { SimulatedWorld } from '../simulated-world.ts';

/** Where a GpuPod comes from and goes to, as Mermaid draws it. */
const OUTSIDE = '[*]';

/** The phase that stands on an object; before the first status that is the outside. */
export function phaseOf(object: RawObject | undefined): string {
  return stringAt(object?.['status'], 'phase') ?? OUTSIDE;
}

/** Notes each reason of Ready that is given in this world. */
export function noteReasons(world: SimulatedWorld, reasons: Set<string>): void {
  world.server.onChange(({ kind, object }) => {
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

/** Notes each way that a GpuPod of this world goes from one phase to another: `Pending --> Provisioning`. */
export function noteTransitions(world: SimulatedWorld, transitions: Set<string>): void {
  world.server.onChange(({ kind, type, object, before, by }) => {
    if (kind !== 'gpupods') return;
    const from = phaseOf(before);
    const to = type === 'DELETED' ? OUTSIDE : phaseOf(object);
    // What a person writes into a status is no way that a GpuPod goes, nor is an object that is torn out.
    const isForced = by === 'person' && (type !== 'DELETED' || hasRequested(object));
    if (from !== to && !isForced) transitions.add(`${from} --> ${to}`);
  });
}

function hasRequested({ metadata, status }: RawObject): boolean {
  return metadata.annotations?.[ANNOTATIONS.intent] !== undefined || stringAt(status, 'podId') !== undefined;
}
