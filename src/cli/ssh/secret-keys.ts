import { secretText } from '../../kubernetes/client/secrets-client.ts';
import type { Secret } from '../../kubernetes/client/secrets-client.ts';
import { CliError } from '../cli-error.ts';
import type { Cluster } from '../cluster/cluster.ts';

/** What a connection Secret may hold beside the address. Each is absent where nobody put it there. */
export interface SecretKeys {
  /** An SSH private key, as in a Secret of type `kubernetes.io/ssh-auth`. */
  readonly privateKey?: string;
  /** Host keys, in the format of a known_hosts file. */
  readonly knownHosts?: string;
}

const PRIVATE_KEY = 'ssh-privatekey';
const KNOWN_HOSTS = 'known_hosts';

/**
 * The keys in the connection Secret.
 *
 * @param wanted true: without the Secret there is no connection. false: it is not read. Undefined: it is used if it
 * can be read, because whoever may not read Secrets can still use a key of their own
 */
export async function readSecretKeys(
  cluster: Cluster,
  secretName: string | undefined,
  wanted: boolean | undefined,
  warn: (text: string) => void,
): Promise<SecretKeys> {
  if (wanted === false || (secretName === undefined && wanted === undefined)) {
    return {};
  }
  try {
    return keysOf(await existing(cluster, secretName));
  } catch (error) {
    if (wanted === true || !(error instanceof CliError)) {
      throw error;
    }
    warn(`Using your own SSH keys. ${error.message}\nTo leave the Secret out, add --no-secret.`);
    return {};
  }
}

async function existing(cluster: Cluster, name: string | undefined): Promise<Secret> {
  if (name === undefined) {
    throw new CliError('The GpuPod has no connection Secret. See its condition Synced, which says why.');
  }
  const secret = await cluster.getSecret(name);
  if (secret === undefined) {
    throw new CliError(
      `The connection Secret ${cluster.namespace}/${name} does not exist. The operator writes it again within ten minutes.`,
    );
  }
  return secret;
}

function keysOf(secret: Secret): SecretKeys {
  const privateKey = textOf(secret, PRIVATE_KEY);
  const knownHosts = textOf(secret, KNOWN_HOSTS);
  return {
    ...(privateKey === undefined ? {} : { privateKey }),
    ...(knownHosts === undefined ? {} : { knownHosts }),
  };
}

function textOf(secret: Secret, key: string): string | undefined {
  const found = secretText(secret, key);
  if (found.kind === 'notText') {
    throw new CliError(`The value of ${key} in Secret ${secret.metadata.name} is not text.`);
  }
  const text = found.kind === 'text' ? found.text.trim() : '';
  return text === '' ? undefined : `${text}\n`;
}
