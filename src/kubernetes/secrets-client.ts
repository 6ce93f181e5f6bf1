import type { ApiTransport } from './api-transport.ts';
import { stringAt, stringsOf } from '../json.ts';
import { type KubernetesObject, type RawObject, trimMetadata } from './objects.ts';
import { ResourceClient } from './resource-client.ts';

/** A Secret. Its values never go to logs, events, status or error messages. */
export interface Secret extends KubernetesObject {
  type?: string;
  /** Base64, as it travels. */
  data: Record<string, string>;
}

/** Client for Secrets: live reads, no cache; a watch on all Secrets would want rights that no operator should have. */
export function secretsClient(transport: ApiTransport): ResourceClient<Secret> {
  return new ResourceClient({
    transport,
    type: { group: '', version: 'v1', plural: 'secrets' },
    decode: decodeSecret,
  });
}

/** One value of a Secret as text, byte for byte. */
export type SecretText =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'absent' }
  | { readonly kind: 'notText' };

/** Text is UTF-8 without NUL: nothing else can be an environment variable or stand in JSON as it is. */
export function secretText(secret: Secret, key: string): SecretText {
  const encoded = secret.data[key];
  if (encoded === undefined) {
    return { kind: 'absent' };
  }
  try {
    // A byte order mark is part of the value.
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
