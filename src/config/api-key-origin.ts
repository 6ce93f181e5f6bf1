import { Secret } from '../prime/api-key.ts';
import type { ApiKeyOrigin } from './config.ts';
import type { Environment } from './texts.ts';

export type KeyChoice =
  | { readonly kind: 'ok'; readonly origin: ApiKeyOrigin }
  | { readonly kind: 'invalid'; readonly problem: string };

/** Exactly one of the two: a key that is silently preferred may belong to the wrong account. */
export function chooseApiKey(keyFile: string | undefined, env: Environment): KeyChoice {
  const key = env['PRIME_API_KEY'] ?? '';
  if (key !== '' && keyFile !== undefined) {
    return {
      kind: 'invalid',
      problem:
        'PRIME_API_KEY and PRIME_API_KEY_FILE (--prime-api-key-file) are both given: unset one of them.',
    };
  }
  if (keyFile !== undefined) {
    return { kind: 'ok', origin: { kind: 'file', path: keyFile } };
  }
  if (key === '') {
    return {
      kind: 'invalid',
      problem:
        'There is no API key: set PRIME_API_KEY to the key, or PRIME_API_KEY_FILE (--prime-api-key-file) to a file that holds it.',
    };
  }
  // One that cannot be used is a state that each GpuPod tells of, as in a file; it was given, so nothing is missing.
  return { kind: 'ok', origin: { kind: 'environment', key: new Secret(key.trim()) } };
}
