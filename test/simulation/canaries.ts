import { findSecret } from '../support/find-secret.ts';

/**
 * The value of a variable of every GpuPod of a simulation. It occurs nowhere else, so finding it anywhere
 * proves a leak.
 */
export const CANARY_ENV = 'canary-env-5511-qwertz';

/** The secrets of a simulation in a text: the keys of the provider's accounts, and values of GpuPods. */
export function secretsIn(text: string, keys: readonly string[]): readonly string[] {
  const named = Object.fromEntries(keys.map((key) => [`the key ${key}`, key]));
  return findSecret(text, { ...named, env: CANARY_ENV });
}

/** An error in which a careless provider repeats parts of the request. */
export const ECHO = { detail: `docker run -e TOKEN=${CANARY_ENV} failed` };
