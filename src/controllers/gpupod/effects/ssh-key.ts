import type { GpuPod } from '../../../api/gpupod/gpu-pod.ts';
import { whileSessionLasts } from '../../../accounts/identity/session-fence.ts';
import { apiErrorMessage, isRefusal } from '../../../kubernetes/client/api-errors.ts';
import { secretText } from '../../../kubernetes/client/secrets-client.ts';
import { sessionBeganAtMs } from '../../../lifecycle/account.ts';
import { learnBlocked } from '../../../lifecycle/learn.ts';
import type { LocalState } from '../../../lifecycle/local-state.ts';
import { fieldOf, isRegistered, keyChoiceOf } from '../../../lifecycle/ssh-key/key-choice.ts';
import type { RegisteredChoice } from '../../../lifecycle/ssh-key/key-choice.ts';
import { registrationProblem } from '../../../lifecycle/ssh-key/key-problems.ts';
import type { KeyProblem } from '../../../lifecycle/ssh-key/key-problems.ts';
import { parsePublicKey } from '../../../lifecycle/ssh-key/public-key.ts';
import type { PublicKey } from '../../../lifecycle/ssh-key/public-key.ts';
import type { Context } from '../context.ts';
import { generatedKey } from './generated-key.ts';
import { inSlot } from './in-slot.ts';
import type { AllSlots } from './in-slot.ts';
import { known, STALE } from './outcome.ts';
import type { EffectOutcome } from './outcome.ts';
import { valuesForCreate } from './secret-values.ts';

type Ensuring = AllSlots &
  Pick<Context, 'clock' | 'session' | 'secrets' | 'view' | 'isStopping' | 'isLeaseFresh'>;

/** Makes sure that the provider has the key of the next instance. Nothing is rented before that is clear. */
export async function ensureSshKey(
  context: Ensuring,
  gpuPod: GpuPod,
  localState: LocalState,
): Promise<EffectOutcome> {
  const choice = keyChoiceOf(gpuPod.spec);
  if (!isRegistered(choice)) {
    return known(localState);
  }
  return await inSlot(
    context,
    'keySlots',
    gpuPod,
    async () => await find(context, gpuPod, choice, localState),
  );
}

async function find(
  context: Ensuring,
  gpuPod: GpuPod,
  choice: RegisteredChoice,
  localState: LocalState,
): Promise<EffectOutcome> {
  // The create request needs them as well. Without them, the key would be registered for nothing.
  const values = await valuesForCreate(context, gpuPod);
  if (values.kind === 'missing') {
    return blocked(context, localState, { reason: 'ReferenceNotFound', message: values.message });
  }
  const key = await publicKeyOf(context, gpuPod, choice);
  if (key === undefined) {
    return STALE;
  }
  return 'reason' in key
    ? blocked(context, localState, key)
    : await register(context, gpuPod, { choice, key, localState });
}

async function register(
  context: Ensuring,
  { metadata }: GpuPod,
  {
    choice,
    key,
    localState,
  }: { readonly choice: RegisteredChoice; readonly key: PublicKey; readonly localState: LocalState },
): Promise<EffectOutcome> {
  const { session, clock } = context;
  const { state } = session.account;
  const fence = whileSessionLasts(session);
  const ensured = await session.sshKeys.ensure(key, {
    mayStillSend: () => fence.mayStillSend() && context.isLeaseFresh() && !context.isStopping(),
  });
  if (ensured.kind === 'withheld') {
    const message = `${fieldOf(choice)}: ${ensured.message}`;
    return blocked(context, localState, { reason: 'InvalidSshKey', message });
  }
  if (ensured.kind === 'failed') {
    const { reason, message } = registrationProblem(fieldOf(choice), ensured);
    return blocked(context, localState, { reason, message, isFinal: ensured.isFinal });
  }
  return known({
    ...localState,
    sshKey: {
      source: choice.source,
      fingerprint: key.fingerprint,
      keyId: ensured.keyId,
      generation: metadata.generation,
      sessionSinceMs: sessionBeganAtMs(state),
      atMs: clock.monotonicMs(),
    },
  });
}

function blocked(
  { clock }: Pick<Context, 'clock'>,
  localState: LocalState,
  { reason, message, isFinal }: KeyProblem & { readonly isFinal?: true | undefined },
): EffectOutcome {
  const learned = learnBlocked(localState, reason, message, clock.monotonicMs());
  return known(
    isFinal === true && learned.blocked !== undefined
      ? { ...learned, blocked: { ...learned.blocked, isFinal } }
      : learned,
  );
}

async function publicKeyOf(
  context: Pick<Context, 'secrets' | 'view'>,
  gpuPod: GpuPod,
  choice: RegisteredChoice,
): Promise<PublicKey | KeyProblem | undefined> {
  if (choice.source === 'Generate') {
    return await generatedKey(context, gpuPod);
  }
  if (choice.source === 'PublicKey') {
    return parsed('spec.ssh.publicKey', choice.text);
  }
  const { namespace } = gpuPod.metadata;
  const { name, key } = choice.ref;
  const place = `Secret ${namespace}/${name}, key ${key}`;
  const text = await secretTextOf(context, { namespace, name, key });
  return typeof text === 'string' ? parsed(`spec.ssh.publicKeySecretRef: ${place}`, text) : text;
}

/** The text of a Secret's key in the namespace of the GpuPod, and of no other. */
async function secretTextOf(
  { secrets }: Pick<Context, 'secrets'>,
  { namespace, name, key }: { readonly namespace: string; readonly name: string; readonly key: string },
): Promise<string | KeyProblem> {
  const missing = (message: string): KeyProblem => ({ reason: 'ReferenceNotFound', message });
  try {
    const secret = await secrets.get({ namespace, name });
    if (secret === undefined) {
      return missing(`Secret ${namespace}/${name} does not exist; create it with key ${key}.`);
    }
    const read = secretText(secret, key);
    switch (read.kind) {
      case 'absent':
        return missing(`Secret ${namespace}/${name} has no key ${key}; add it.`);
      case 'notText':
        return missing(`Secret ${namespace}/${name}, key ${key}: the value is not text (UTF-8 without NUL).`);
      case 'text':
        return read.text;
    }
  } catch (error) {
    if (!isRefusal(error)) {
      throw error;
    }
    return missing(`Failed to read the Secret of spec.ssh.publicKeySecretRef: ${apiErrorMessage(error)}`);
  }
}

function parsed(place: string, text: string): PublicKey | KeyProblem {
  const read = parsePublicKey(text);
  return read.kind === 'ok'
    ? read.key
    : { reason: 'InvalidSshKey', message: `${place}: the value ${read.problem}.` };
}
