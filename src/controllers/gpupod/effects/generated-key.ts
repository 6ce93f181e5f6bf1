import type { GpuPod } from '../../../api/gpupod/gpu-pod.ts';
import {
  apiErrorMessage,
  isAlreadyExists,
  isConflict,
  isRefusal,
} from '../../../kubernetes/client/api-errors.ts';
import { secretData, secretText } from '../../../kubernetes/client/secrets-client.ts';
import type { Secret } from '../../../kubernetes/client/secrets-client.ts';
import { connectionSecretName } from '../../../lifecycle/connection-secret.ts';
import { unresolvedIntent } from '../../../lifecycle/intent.ts';
import type { KeyProblem } from '../../../lifecycle/ssh-key/key-problems.ts';
import { parsePublicKey } from '../../../lifecycle/ssh-key/public-key.ts';
import type { PublicKey } from '../../../lifecycle/ssh-key/public-key.ts';
import type { Context } from '../context.ts';
import { newKeyPair, publicHalfOf } from './key-pair.ts';
import { isOurs, isOwned, newSecret, ownedBy, PRIVATE_KEY } from './secret-owner.ts';

const PUBLIC = 'ssh-publickey';

type Writing = Pick<Context, 'secrets' | 'view'>;

/**
 * The public half of the generated pair of this GpuPod. A pair that its own Secret holds is used again. A new one is written
 * there before anything else happens, so that no key is registered whose private half is unknown.
 *
 * @returns undefined if somebody changed the Secret in between
 */
export async function generatedKey(
  context: Writing,
  gpuPod: GpuPod,
): Promise<PublicKey | KeyProblem | undefined> {
  const name = connectionSecretName(gpuPod);
  try {
    return await readOrGenerate(context, gpuPod, name);
  } catch (error) {
    if (isAlreadyExists(error) || isConflict(error)) {
      return undefined;
    }
    if (!isRefusal(error)) {
      throw error;
    }
    const message = `Failed to keep the generated private key in Secret ${name}, so nothing is rented. ${apiErrorMessage(error)}`;
    return { reason: 'SecretRefused', message };
  }
}

async function readOrGenerate(
  context: Writing,
  gpuPod: GpuPod,
  name: string,
): Promise<PublicKey | KeyProblem> {
  const { secrets } = context;
  const { namespace } = gpuPod.metadata;
  const existing = await secrets.get({ namespace, name });
  if (existing === undefined) {
    const pair = pairFor(gpuPod);
    await secrets.create(namespace, newSecret(gpuPod, name, secretData(pair.data)));
    return pair.key;
  }
  if (!isOurs(context, existing, gpuPod)) {
    const message = `Secret ${name} does not belong to this GpuPod, so the operator cannot keep the generated private key there, and rents nothing. Remove that Secret, or set spec.connectionSecretName.`;
    return { reason: 'SecretConflict', message };
  }
  if (existing.data[PRIVATE_KEY] === undefined || isOfFormerGpuPod(existing, gpuPod)) {
    const pair = pairFor(gpuPod);
    await secrets.replace(ownedBy(existing, gpuPod, { ...existing.data, ...secretData(pair.data) }));
    return pair.key;
  }
  const key = keyIn(existing);
  if (key === undefined) {
    return {
      reason: 'InvalidSshKey',
      message: `Secret ${name}: ${PRIVATE_KEY} is not a key that the operator generated (ed25519, without a passphrase). Remove that key from the Secret for a new one, or use spec.ssh.publicKey.`,
    };
  }
  if (!isOwned(existing, gpuPod)) {
    // Left behind by an earlier GpuPod: the garbage collector would remove it, and the key with it.
    await secrets.replace(ownedBy(existing, gpuPod, existing.data));
  }
  return key;
}

/**
 * A Secret that another GpuPod left behind may hold a private key that others have read. It is used only where the
 * records of this GpuPod name it, as after a restore.
 */
function isOfFormerGpuPod(secret: Secret, gpuPod: GpuPod): boolean {
  const fingerprint = keyIn(secret)?.fingerprint;
  const named = [gpuPod.status.sshKey?.fingerprint, unresolvedIntent(gpuPod)?.sshKey?.fingerprint];
  return !isOwned(secret, gpuPod) && (fingerprint === undefined || !named.includes(fingerprint));
}

function pairFor({ metadata }: GpuPod): {
  readonly key: PublicKey;
  readonly data: Readonly<Record<string, string>>;
} {
  const { privateKey, publicKey } = newKeyPair(`${metadata.namespace}/${metadata.name}`);
  const parsed = parsePublicKey(publicKey);
  if (parsed.kind === 'bad') {
    throw new Error(`the generated public key ${parsed.problem}`);
  }
  return { key: parsed.key, data: { [PRIVATE_KEY]: privateKey, [PUBLIC]: publicKey } };
}

function keyIn(secret: Secret): PublicKey | undefined {
  const read = secretText(secret, PRIVATE_KEY);
  return read.kind === 'text' ? publicHalfOf(read.text) : undefined;
}

/** The pair of a running instance as `data` of a Secret, from the first of these Secrets that holds it. */
export async function keptPair(
  context: Writing,
  gpuPod: GpuPod,
  names: ReadonlySet<string>,
  fingerprint: string,
): Promise<Readonly<Record<string, string>> | undefined> {
  const { namespace } = gpuPod.metadata;
  for (const name of names) {
    const secret = await context.secrets.get({ namespace, name });
    if (
      secret !== undefined &&
      isOurs(context, secret, gpuPod) &&
      keyIn(secret)?.fingerprint === fingerprint
    ) {
      return Object.fromEntries(
        Object.entries(secret.data).filter(([key]) => key === PRIVATE_KEY || key === PUBLIC),
      );
    }
  }
  return undefined;
}
