import type { GpuPod } from '../../../api/gpupod/gpu-pod.ts';
import type { Context } from '../context.ts';
import type { EffectOutcome } from './outcome.ts';

const KINDS = ['createSlots', 'keySlots', 'readSlots'] as const;
type Kind = (typeof KINDS)[number];

/** All kinds of slots. */
export type AllSlots = Pick<Context, Kind>;

/**
 * Works while it holds a slot of one kind, because a provider that hangs must not take all workers. Without a free slot
 * the worker is given back, and the GpuPod is called later. One for which a slot of another kind is kept needs none of this
 * kind: that one bounds the workers as well, and waiting here would pass it on.
 */
export async function inSlot(
  context: AllSlots & Pick<Context, 'session'>,
  kind: Kind,
  { metadata }: GpuPod,
  work: () => Promise<EffectOutcome>,
): Promise<EffectOutcome> {
  const { session } = context;
  const slots = context[kind];
  const key = `${metadata.namespace}/${metadata.name}`;
  if (KINDS.some((other) => other !== kind && context[other].isCalled(key))) {
    slots.withdraw(key);
    return await work();
  }
  if (!slots.take(metadata, session.name)) {
    return { kind: 'busy' };
  }
  try {
    return await work();
  } finally {
    slots.giveBack(session.name);
  }
}
