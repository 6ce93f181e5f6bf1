import type { GpuPod } from '../../../api/gpupod/gpu-pod.ts';
import { isRefusal } from '../../../kubernetes/client/api-errors.ts';
import type { Intent } from '../../../lifecycle/intent.ts';
import { learnBlocked } from '../../../lifecycle/learn.ts';
import type { LocalState } from '../../../lifecycle/local-state.ts';
import type { CreateOutcome } from '../../../lifecycle/provider.ts';
import type { Context } from '../context.ts';
import { keptPair } from './generated-key.ts';
import { known } from './outcome.ts';
import type { EffectOutcome } from './outcome.ts';

type Checking = Pick<Context, 'clock' | 'session' | 'secrets' | 'view'>;

/** Why a create request must not name this key now; undefined if it may. */
export async function keyObstacle(
  context: Checking,
  gpuPod: GpuPod,
  { sshKey }: Pick<Intent, 'sshKey'>,
  localState: LocalState,
): Promise<EffectOutcome | undefined> {
  if (sshKey === undefined) {
    const problem = await context.session.sshKeys.primaryProblem();
    return problem === undefined
      ? undefined
      : known(learnBlocked(localState, 'InvalidSshKey', problem, context.clock.monotonicMs()));
  }
  const { fingerprint, secretName } = sshKey;
  const isGenerated = fingerprint !== undefined && secretName !== undefined;
  // The pair is looked at again: since it was registered, its Secret may have been deleted.
  return isGenerated && !(await isKept(context, gpuPod, secretName, fingerprint))
    ? known({ ...localState, sshKey: undefined })
    : undefined;
}

async function isKept(
  context: Checking,
  gpuPod: GpuPod,
  secretName: string,
  fingerprint: string,
): Promise<boolean> {
  try {
    return (await keptPair(context, gpuPod, new Set([secretName]), fingerprint)) !== undefined;
  } catch (error) {
    if (isRefusal(error)) {
      return false;
    }
    throw error;
  }
}

const ABOUT_KEY = /\bssh[ _-]?key/i;

/**
 * A refusal proves that nothing was created. If it says that the provider no longer knows the key that the operator
 * registered, the same attempt is repeated with the key registered again, a few times at most.
 */
export function repeatedWithKey(
  { sshKeys }: Pick<Context['session'], 'sshKeys'>,
  { sshKey }: Pick<Intent, 'sshKey'>,
  outcome: CreateOutcome,
): CreateOutcome {
  const { fingerprint, keyId } = sshKey ?? {};
  if (fingerprint === undefined || keyId === undefined) {
    return outcome;
  }
  if (outcome.kind === 'created') {
    sshKeys.noteUse(fingerprint);
  }
  const isForgotten =
    outcome.kind === 'refused' && outcome.reason === 'InvalidRequest' && ABOUT_KEY.test(outcome.message);
  return isForgotten && sshKeys.forget(fingerprint, keyId)
    ? { kind: 'notSent', reason: 'UnexpectedResponse', message: FORGOTTEN_KEY }
    : outcome;
}

const FORGOTTEN_KEY =
  'The provider no longer knew the registered SSH key, so nothing was rented. The operator registers it again.';
