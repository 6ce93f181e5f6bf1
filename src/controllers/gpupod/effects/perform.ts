import type { GpuPod } from '../../../api/gpupod/gpu-pod.ts';
import type { LocalState } from '../../../lifecycle/local-state.ts';
import { isRegistered, keyChoiceOf } from '../../../lifecycle/ssh-key/key-choice.ts';
import type { Effect } from '../../../lifecycle/step.ts';
import type { StepContext } from '../context.ts';
import { cooldownOwner } from '../gather.ts';
import { ensureSecret, removeSecret } from './connection-secret.ts';
import { createPod } from './create-pod.ts';
import type { EffectOutcome } from './outcome.ts';
import { deletePod, deleteDuplicate, readOffers, readPod } from './provider-calls.ts';
import { ensureSshKey } from './ssh-key.ts';
import { addFinalizer, release, writeStatus } from './writes.ts';

/** Performs the planned effect, and has the key looked for that no longer opens anything after it. */
export async function perform(
  context: StepContext,
  gpuPod: GpuPod,
  effect: Effect,
  localState: LocalState,
): Promise<EffectOutcome> {
  const outcome = await performOne(context, gpuPod, effect, localState);
  if (mayLeaveKey(gpuPod, effect) || isKeyReplaced(localState, outcome)) {
    context.sweepSshKeys();
  }
  return outcome;
}

/** Whether the effect ends the use of a key that the operator may have registered. */
function mayLeaveKey({ spec, status }: GpuPod, effect: Effect): boolean {
  const hasKey = status.sshKey?.fingerprint !== undefined;
  switch (effect.type) {
    case 'release':
      return hasKey || isRegistered(keyChoiceOf(spec));
    case 'writeStatus':
      return hasKey && effect.status.sshKey?.fingerprint !== status.sshKey?.fingerprint;
    default:
      return false;
  }
}

/** The key that was registered for an earlier spec may be unused now, although nothing was rented with it. */
function isKeyReplaced({ sshKey: former }: LocalState, outcome: EffectOutcome): boolean {
  const next = outcome.kind === 'known' ? outcome.localState.sshKey : undefined;
  return former !== undefined && next !== undefined && former.fingerprint !== next.fingerprint;
}

/** The compiler demands a case for each new effect. */
async function performOne(
  context: StepContext,
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
