import type { GpuAccount } from '../../api/gpuaccount/gpu-account.ts';
import type { FoundText } from '../../accounts/connection.ts';
import { apiErrorMessage, isRefusal } from '../../kubernetes/client/api-errors.ts';
import type { ObjectName } from '../../kubernetes/client/resource-client.ts';
import { secretText } from '../../kubernetes/client/secrets-client.ts';
import type { Secret } from '../../kubernetes/client/secrets-client.ts';
import type { FoundKey } from '../gpupod/accounts/account-sessions.ts';

/** Secrets of accounts on the API server. */
export interface AccountSecrets {
  get(target: ObjectName): Promise<Secret | undefined>;
}

/** What was found, with the Secret that it was found in. */
export interface KeyInSecret extends FoundKey {
  /** Absent if there is none, or it cannot be read. */
  readonly secret?: Secret | undefined;
}

/** The Secret of a ClusterGpuAccount is always in the operator's own namespace, so that nobody can point it at another. */
export function secretOf({ spec, metadata }: GpuAccount, operatorNamespace: string): ObjectName {
  return { namespace: metadata.namespace ?? operatorNamespace, name: spec.apiKeySecretRef.name };
}

/**
 * Reads the API key of an account, live.
 *
 * @throws the error of a read that may succeed later: an unreadable Secret is not an absent one
 */
export async function readAccountKey(
  secrets: AccountSecrets,
  account: GpuAccount,
  operatorNamespace: string,
): Promise<KeyInSecret> {
  const { key } = account.spec.apiKeySecretRef;
  const { namespace = '', name } = secretOf(account, operatorNamespace);
  const where = `Secret ${namespace}/${name}`;
  const subject = `Key ${key} of ${where}`;
  try {
    const secret = await secrets.get({ namespace, name });
    const found =
      secret === undefined
        ? missing(`${where} does not exist; create it with key ${key}.`)
        : textIn(secret, key, { where, subject });
    return { found, subject, secret };
  } catch (error) {
    if (!isRefusal(error)) {
      throw error;
    }
    const refusal = `${where} cannot be read: ${apiErrorMessage(error)}`;
    return { found: missing(refusal), subject, refusal };
  }
}

function textIn(
  secret: Secret,
  key: string,
  { where, subject }: { readonly where: string; readonly subject: string },
): FoundText {
  const value = secretText(secret, key);
  switch (value.kind) {
    case 'text':
      return value;
    case 'absent':
      return missing(`${where} has no key ${key}; add it.`);
    case 'notText':
      return missing(`${subject} is not text, so it is not used.`);
  }
}

function missing(message: string): FoundText {
  return { kind: 'missing', message };
}
