import type { Config } from '../../src/config/config.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import type { LoadedConfig } from '../../src/config/load-config.ts';

export const CANARY = 'pit_canary0123456789';

/** An environment that needs no other setting. */
export function environment(more: Record<string, string> = {}): Record<string, string> {
  return { PRIME_API_KEY: CANARY, ...more };
}

/** A configuration that is expected to be valid. */
export function goodConfig(argv: readonly string[] = [], env = environment()): Config {
  const loaded = loadConfig(argv, env);
  if (loaded.kind !== 'ok') {
    throw new Error(`expected a good configuration, got ${JSON.stringify(loaded)}`);
  }
  return loaded.config;
}

/** The problems of a configuration that is expected to be invalid. */
export function problemsOf(argv: readonly string[], env = environment()): readonly string[] {
  return problemsIn(loadConfig(argv, env));
}

function problemsIn(loaded: LoadedConfig): readonly string[] {
  return loaded.kind === 'invalid' ? loaded.problems : [];
}
