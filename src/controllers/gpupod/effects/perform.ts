import type { GpuPod } from '../../../api/gpupod/gpu-pod.ts';
import type { LocalState } from '../../../lifecycle/local-state.ts';
import type { Effect } from '../../../lifecycle/step.ts';
import type { Context } from '../context.ts';
import { cooldownOwner } from '../gather.ts';
import { ensureSecret, removeSecret } from './connection-secret.ts';
import { createPod } from './create-pod.ts';
import type { EffectOutcome } from './outcome.ts';
import { deletePod, deleteDuplicate, readOffers, readPod } from './provider-calls.ts';
import { ensureSshKey } from './ssh-key.ts';
import { addFinalizer, release, writeStatus } from './writes.ts';

/** Performs the planned effect. The compiler demands a case for each new effect. */
export async function perform(
  context: Context,
  gpuPod: GpuPod,
  effect: Effect,
  localState: LocalState,
): Promise<EffectOutcome> {
  switch (effect.type) {
    case 'writeStatus':
      if (effect.cooldown !== undefined) {
        context.session.cooldowns.start(effect.cooldown, cooldownOwner(gpuPod));
      }
      return await writeStatus(context, gpuPod, effect.status, localState);
    case 'createPod':
      return await createPod(context, gpuPod, effect, localState);
    case 'readOffers':
      return await readOffers(context, gpuPod, effect.queries, localState);
    case 'deletePod':
      return await deletePod(context, gpuPod, effect.podId, localState);
    case 'deleteDuplicate':
      return await deleteDuplicate(context, gpuPod, effect, localState);
    case 'readPod':
      return await readPod(context, gpuPod, effect.podId, localState);
    case 'ensureSecret':
      return await ensureSecret(context, gpuPod, effect, localState);
    case 'removeSecret':
      return await removeSecret(context, gpuPod, effect.name, localState);
    case 'ensureSshKey':
      return await ensureSshKey(context, gpuPod, localState);
    case 'addFinalizer':
      return await addFinalizer(context, gpuPod, localState);
    case 'release':
      return await release(context, gpuPod, localState, effect);
  }
}
