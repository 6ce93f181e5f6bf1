import type { GpuPod } from '../../../api/gpupod/gpu-pod.ts';
import { apiErrorMessage, isRefusal } from '../../../kubernetes/client/api-errors.ts';
import { secretText } from '../../../kubernetes/client/secrets-client.ts';
import type { Secret } from '../../../kubernetes/client/secrets-client.ts';
import type { SecretValues } from '../../../lifecycle/instance-request.ts';
import type { SecretApi } from '../ports.ts';
import { isPrivateKeyOfOther } from './secret-owner.ts';

export type ReadSecretValues =
  | { readonly kind: 'ok'; readonly values: SecretValues }
  | { readonly kind: 'missing'; readonly message: string };

interface KeyRef {
  readonly name: string;
  readonly key: string;
}

/** A Secret that the operator may not read blocks the create request like one that does not exist. */
export async function valuesForCreate(
  { secrets }: { readonly secrets: SecretApi },
  gpuPod: GpuPod,
): Promise<ReadSecretValues> {
  try {
    return await readSecretValues(secrets, gpuPod);
  } catch (error) {
    if (!isRefusal(error)) {
      throw error;
    }
    const message = `Failed to read a Secret that the spec refers to: ${apiErrorMessage(error)}`;
    return { kind: 'missing', message };
  }
}

/** Reads the values that the spec takes from Secrets, in the GpuPod's own namespace only, each Secret once. */
export async function readSecretValues(secrets: SecretApi, gpuPod: GpuPod): Promise<ReadSecretValues> {
  const { namespace } = gpuPod.metadata;
  const { env = [], jupyterPasswordSecretRef: jupyterRef } = gpuPod.spec;
  const refs = [...env.flatMap(({ valueFrom }) => (valueFrom === undefined ? [] : [valueFrom.secretKeyRef]))];
  const names = new Set([...refs, ...(jupyterRef === undefined ? [] : [jupyterRef])].map(({ name }) => name));
  const found = new Map<string, Secret | undefined>();
  for (const name of names) {
    found.set(name, await secrets.get({ namespace, name }));
  }
  for (const ref of [...refs, ...(jupyterRef === undefined ? [] : [jupyterRef])]) {
    const problem = problemOf(ref, found.get(ref.name), gpuPod);
    if (problem !== undefined) {
      return { kind: 'missing', message: problem };
    }
  }
  const textOf = (ref: KeyRef): string => {
    const secret = found.get(ref.name);
    const text = secret === undefined ? undefined : secretText(secret, ref.key);
    return text?.kind === 'text' ? text.text : '';
  };
  return {
    kind: 'ok',
    values: {
      envVars: env.map(({ name, value, valueFrom }) => ({
        key: name,
        value: valueFrom === undefined ? (value ?? '') : textOf(valueFrom.secretKeyRef),
      })),
      ...(jupyterRef === undefined ? {} : { jupyterPassword: textOf(jupyterRef) }),
    },
  };
}

function problemOf({ name, key }: KeyRef, secret: Secret | undefined, gpuPod: GpuPod): string | undefined {
  const { namespace } = gpuPod.metadata;
  if (secret === undefined) {
    return `Secret ${namespace}/${name} does not exist; create it with key ${key}.`;
  }
  if (isPrivateKeyOfOther(secret, key, gpuPod)) {
    return `Secret ${namespace}/${name}, key ${key}: this is the generated private key of another GpuPod, which the operator gives to no instance. Copy it into a Secret of your own if you may.`;
  }
  switch (secretText(secret, key).kind) {
    case 'absent':
      return `Secret ${namespace}/${name} has no key ${key}; add it.`;
    case 'notText':
      return `Secret ${namespace}/${name}, key ${key}: the value is not text (UTF-8 without NUL). Nothing was rented; encode the value, for example with base64.`;
    case 'text':
      return undefined;
  }
}
