import { Secret } from '../prime/api-key.ts';
import type { ApiKeyOrigin } from './config.ts';
import type { Environment } from './texts.ts';

export type KeyChoice =
  | { readonly kind: 'ok'; readonly origin: ApiKeyOrigin }
  | { readonly kind: 'invalid'; readonly problem: string };

/** Accepts exactly one of the two. If one silently took precedence, it might belong to the wrong account. */
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
  // A key was given, so it is not missing. If it is unusable, each GpuPod says so, as with a file.
  return { kind: 'ok', origin: { kind: 'environment', key: new Secret(key.trim()) } };
}
