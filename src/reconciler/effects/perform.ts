import type { GpuPod } from '../../api/gpu-pod.ts';
import type { Memory } from '../../lifecycle/memory.ts';
import type { Effect } from '../../lifecycle/step.ts';
import type { Context } from '../context.ts';
import { cooldownOwner } from '../gather.ts';
import { ensureSecret, removeSecret } from './connection-secret.ts';
import { createPod } from './create-pod.ts';
import type { EffectOutcome } from './outcome.ts';
import { deletePod, deleteStray, readOffers, readPod } from './provider-calls.ts';
import { addFinalizer, release, writeStatus } from './writes.ts';

/** Does the one thing that was planned. A new effect is a new case: the compiler asks for it. */
export async function perform(
  context: Context,
  gpuPod: GpuPod,
  effect: Effect,
  memory: Memory,
): Promise<EffectOutcome> {
  switch (effect.type) {
    case 'writeStatus':
      if (effect.cooldown !== undefined) {
        context.cooldowns.start(effect.cooldown, cooldownOwner(gpuPod));
      }
      return await writeStatus(context, gpuPod, effect.status, memory);
    case 'createPod':
      return await createPod(context, gpuPod, effect, memory);
    case 'readOffers':
      return await readOffers(context, gpuPod, effect.queries, memory);
    case 'deletePod':
      return await deletePod(context, gpuPod, effect.podId, memory);
    case 'deleteStray':
      return await deleteStray(context, gpuPod, effect, memory);
    case 'readPod':
      return await readPod(context, gpuPod, effect.podId, memory);
    case 'ensureSecret':
      return await ensureSecret(context, gpuPod, effect, memory);
    case 'removeSecret':
      return await removeSecret(context, gpuPod, effect.name, memory);
    case 'addFinalizer':
      return await addFinalizer(context, gpuPod, memory);
    case 'release':
      return await release(context, gpuPod, memory, effect);
  }
}
