import type { GpuPod } from '../../../api/gpupod/gpu-pod.ts';
import {
  apiErrorMessage,
  isAlreadyExists,
  isConflict,
  isRefusal,
} from '../../../kubernetes/client/api-errors.ts';
import { secretData } from '../../../kubernetes/client/secrets-client.ts';
import type { NewObject } from '../../../kubernetes/client/resource-client.ts';
import type { Secret } from '../../../kubernetes/client/secrets-client.ts';
import { CONNECTION_KEYS } from '../../../lifecycle/connection-secret.ts';
import { learnSecret } from '../../../lifecycle/learn.ts';
import type { LocalState, SecretState, SecretOutcome } from '../../../lifecycle/local-state.ts';
import type { EnsureSecret } from '../../../lifecycle/step.ts';
import type { Context } from '../context.ts';
import { known, STALE } from './outcome.ts';
import type { EffectOutcome } from './outcome.ts';
import { keptPair } from './generated-key.ts';
import { isOurs, isOwned, newSecret, ownedBy } from './secret-owner.ts';
import { readSecretValues } from './secret-values.ts';

type Writing = Pick<Context, 'secrets' | 'view' | 'clock' | 'log'>;

/**
 * Writes the connection Secret if it is ours or does not exist, then removes the one with the former name. If the API
 * server refuses, the instance is still usable: the operator records the refusal and reports it.
 */
export async function ensureSecret(
  context: Writing,
  gpuPod: GpuPod,
  effect: EnsureSecret,
  localState: LocalState,
): Promise<EffectOutcome> {
  const { name, former, fingerprint } = effect;
  const written = await unlessRefused(context, gpuPod, { name, otherwise: 'refused' }, async () => {
    return await writeSecret(context, gpuPod, effect);
  });
  const { outcome } = written ?? {};
  if ((outcome !== 'written' && outcome !== 'keyLost') || former === undefined) {
    return learn(context, localState, fingerprint, written);
  }
  const moved = await unlessRefused(context, gpuPod, { name: former, otherwise: 'kept' }, async () => {
    await removeOwned(context, gpuPod, former);
    return outcome;
  });
  return learn(context, localState, fingerprint, moved);
}

/** Removes the connection Secret if it is ours. */
export async function removeSecret(
  context: Writing,
  gpuPod: GpuPod,
  name: string,
  localState: LocalState,
): Promise<EffectOutcome> {
  const removed = await unlessRefused(context, gpuPod, { name, otherwise: 'kept' }, async () => {
    await removeOwned(context, gpuPod, name);
    return 'removed';
  });
  return learn(context, localState, '', removed);
}

type Became = Pick<SecretState, 'outcome' | 'message'>;

/** What happened to a Secret, including a refusal of the API server; undefined if somebody changed it in between. */
async function unlessRefused(
  context: Pick<Context, 'log'>,
  gpuPod: GpuPod,
  refusal: { readonly name: string; readonly otherwise: 'refused' | 'kept' },
  act: () => Promise<SecretOutcome>,
): Promise<Became | undefined> {
  try {
    return { outcome: await act() };
  } catch (error) {
    if (isAlreadyExists(error) || isConflict(error)) {
      return undefined;
    }
    if (!isRefusal(error)) {
      throw error;
    }
    const { namespace, name } = gpuPod.metadata;
    const { name: secret, otherwise: outcome } = refusal;
    context.log.warn(
      { namespace, name, secret, outcome, err: error },
      'failed to write or remove the connection Secret',
    );
    return { outcome, message: apiErrorMessage(error) };
  }
}

function learn(
  { clock }: Pick<Context, 'clock'>,
  localState: LocalState,
  fingerprint: string,
  became: Became | undefined,
): EffectOutcome {
  return became === undefined
    ? STALE
    : known(learnSecret(localState, { fingerprint, ...became }, clock.monotonicMs()));
}

async function removeOwned(
  { secrets }: Pick<Context, 'secrets'>,
  gpuPod: GpuPod,
  name: string,
): Promise<void> {
  const { namespace } = gpuPod.metadata;
  const existing = await secrets.get({ namespace, name });
  if (existing !== undefined && isOwned(existing, gpuPod)) {
    await secrets.delete({ namespace, name }, { preconditions: { uid: existing.metadata.uid } });
  }
}

const IN_THE_WAY: ReadonlySet<string> = new Set(['SecretConflict', 'SecretRefused']);

/**
 * True if the status names the Secret or reports one in its place, or if it holds a generated key. The operator then
 * reads first, instead of repeating a create that fails.
 */
function mayBeThere({ status }: GpuPod, { name, keyFingerprint }: EnsureSecret): boolean {
  const synced = status.conditions?.find(({ type }) => type === 'Synced');
  return (
    keyFingerprint !== undefined || status.binding?.name === name || IN_THE_WAY.has(synced?.reason ?? '')
  );
}

async function writeSecret(
  context: Pick<Context, 'secrets' | 'view'>,
  gpuPod: GpuPod,
  effect: EnsureSecret,
): Promise<'written' | 'keyLost' | 'conflict'> {
  const { secrets } = context;
  const { namespace } = gpuPod.metadata;
  const { name, former = name, keyFingerprint } = effect;
  const pair =
    keyFingerprint === undefined
      ? {}
      : await keptPair(context, gpuPod, new Set([name, former]), keyFingerprint);
  const data = { ...secretData({ ...effect.data, ...(await jupyterPassword(context, gpuPod)) }), ...pair };
  const written = pair === undefined ? 'keyLost' : 'written';
  const created = newSecret(gpuPod, effect.name, data);
  const existing = mayBeThere(gpuPod, effect)
    ? await secrets.get({ namespace, name: effect.name })
    : await createUnlessThere(context, namespace, created);
  if (existing === 'created') {
    return written;
  }
  if (existing === undefined) {
    await secrets.create(namespace, created);
  } else if (isOurs(context, existing, gpuPod)) {
    await update(context, existing, ownedBy(existing, gpuPod, { ...othersData(existing), ...data }));
  } else {
    return 'conflict';
  }
  return written;
}

/**
 * Creates a Secret with one request: a create overwrites nothing, so it needs no read first. After any refusal the
 * operator reads the Secret of that name, because a quota may refuse before the name conflict does.
 *
 * @returns the existing Secret, or `created`
 * @throws the refusal, if no Secret of that name exists
 */
async function createUnlessThere(
  { secrets }: Pick<Context, 'secrets'>,
  namespace: string,
  secret: NewObject,
): Promise<Secret | 'created'> {
  try {
    await secrets.create(namespace, secret);
    return 'created';
  } catch (error) {
    const isInTheWay = isAlreadyExists(error) || isRefusal(error);
    const existing = isInTheWay ? await secrets.get({ namespace, name: secret.metadata.name }) : undefined;
    if (existing === undefined) {
      throw error;
    }
    return existing;
  }
}

async function update(context: Pick<Context, 'secrets'>, existing: Secret, wanted: Secret): Promise<void> {
  if (existing.metadata !== wanted.metadata || !sameData(existing.data, wanted.data)) {
    await context.secrets.replace(wanted);
  }
}

/** Users add keys that their tools need beside the address, such as known_hosts. They stay. */
function othersData({ data }: Secret): Record<string, string> {
  return Object.fromEntries(Object.entries(data).filter(([key]) => !CONNECTION_KEYS.has(key)));
}

/** Copies the password from the user's Secret. If that no longer exists, the operator writes the rest without it. */
async function jupyterPassword(
  { secrets }: Pick<Context, 'secrets'>,
  gpuPod: GpuPod,
): Promise<Record<string, string>> {
  if (gpuPod.spec.jupyterPasswordSecretRef === undefined) {
    return {};
  }
  const read = await readSecretValues(secrets, { ...gpuPod, spec: { ...gpuPod.spec, env: [] } });
  const password = read.kind === 'ok' ? read.values.jupyterPassword : undefined;
  return password === undefined ? {} : { 'jupyter-password': password };
}

function sameData(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...keys].every((key) => a[key] === b[key]);
}
