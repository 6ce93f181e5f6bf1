import { stringAt, stringsOf } from '../../json.ts';
import { trimMetadata } from '../objects.ts';
import type { KubernetesObject, RawObject } from '../objects.ts';
import type { ApiTransport } from './api-transport.ts';
import { ResourceClient } from './resource-client.ts';
import type { ObjectName, ResourceType } from './resource-client.ts';

/** A Secret. Its values never enter logs, events, status or error messages. */
export interface Secret extends KubernetesObject {
  type?: string;
  /** Values in base64. */
  data: Record<string, string>;
}

export const SECRETS: ResourceType = { group: '', version: 'v1', plural: 'secrets' };

/** Client for Secrets with live reads and no cache. A cache of all Secrets would need the right to list them. */
export function secretsClient(transport: ApiTransport): ResourceClient<Secret> {
  return new ResourceClient({
    transport,
    type: SECRETS,
    decode: decodeSecret,
  });
}

/**
 * Sets the finalizers of this field manager on the Secret with this UID. Those of others, and the data, stay as they are.
 */
export async function applyFinalizers(
  secrets: Pick<ResourceClient<Secret>, 'apply'>,
  { namespace, name, uid }: ObjectName & { readonly uid: string },
  finalizers: readonly string[],
  fieldManager: string,
): Promise<void> {
  const body = { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace, uid, finalizers } };
  await secrets.apply({ namespace, name }, body, { fieldManager });
}

/** One value of a Secret as text, byte for byte. */
export type SecretText =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'absent' }
  | { readonly kind: 'notText' };

/** Reads a value that is UTF-8 without NUL. Nothing else can be an environment variable or a JSON string. */
export function secretText(secret: Secret, key: string): SecretText {
  const encoded = secret.data[key];
  if (encoded === undefined) {
    return { kind: 'absent' };
  }
  try {
    // A leading U+FEFF (BOM) belongs to the value.
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    const text = decoder.decode(Buffer.from(encoded, 'base64'));
    return text.includes('\0') ? { kind: 'notText' } : { kind: 'text', text };
  } catch {
    return { kind: 'notText' };
  }
}

/** Text values as the `data` of a Secret. */
export function secretData(values: Readonly<Record<string, string>>): Record<string, string> {
  const entries = Object.entries(values);
  return Object.fromEntries(entries.map(([key, text]) => [key, Buffer.from(text).toString('base64')]));
}

function decodeSecret(raw: RawObject): Secret {
  const { apiVersion, kind, metadata } = trimMetadata(raw);
  const type = stringAt(raw, 'type');
  return {
    ...(apiVersion === undefined ? {} : { apiVersion }),
    ...(kind === undefined ? {} : { kind }),
    metadata,
    ...(type === undefined ? {} : { type }),
    data: stringsOf(raw['data']),
  };
}
