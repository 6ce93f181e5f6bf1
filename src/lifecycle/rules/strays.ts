import type { Knowledge } from '../knowledge.ts';
import type { Step } from '../step.ts';

/**
 * A live pod that carries this object's mark and is neither its own nor on order is surplus: an order that
 * was believed lost has shown up. It is ended once a second complete list shows it.
 */
export function endStrays(knowledge: Knowledge): Step | undefined {
  const { census, memory } = knowledge;
  if (census === undefined) {
    return undefined;
  }
  const { live, beganAtMs } = census;
  const stray = live.find(
    ({ podId, status }) => status !== 'DELETING' && isShownBefore(memory.strays[podId], beganAtMs),
  );
  return stray === undefined
    ? undefined
    : {
        kind: 'act',
        effect: { type: 'deleteStray', podId: stray.podId, podName: stray.name ?? '' },
        // One DELETE a list: the next one is sent only if the next list still shows it.
        remember: { strays: { ...memory.strays, [stray.podId]: beganAtMs } },
      };
}

/** An answer with an id came for an order that does not stand on the object any more: nobody else knows this pod. */
export function endUnbound(knowledge: Knowledge): Step | undefined {
  const { memory, gpuPod, intent } = knowledge;
  const { unbound } = memory;
  if (unbound === undefined || unbound.podId === gpuPod.status.podId) {
    return undefined;
  }
  const isStillOrdered =
    gpuPod.status.podId === undefined && intent.kind === 'read' && intent.intent.name === unbound.podName;
  return isStillOrdered
    ? undefined
    : { kind: 'act', effect: { type: 'deleteStray', podId: unbound.podId, podName: unbound.podName } };
}

/** Absent from what is remembered: it is no stray. */
function isShownBefore(firstSeenAtMs: number | undefined, listAtMs: number): boolean {
  return firstSeenAtMs !== undefined && firstSeenAtMs < listAtMs;
}
