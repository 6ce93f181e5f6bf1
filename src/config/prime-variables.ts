import type { DescribedSetting } from './described-settings.ts';
import type { Environment } from './texts.ts';

/**
 * Variables of the provider's own command line that say whose wallet pays, or where the API is. Settings
 * cover some of them (see src/config/settings.ts). The operator refuses the others, because ignoring them
 * would use another account than intended.
 */
const REFUSED: Readonly<Record<string, string>> = {
  PRIME_CONTEXT:
    'it names a stored configuration of the prime command line, with a key, an API and a team of its own, which the operator does not read',
  PRIME_USER_ID: 'whose account pays follows from the API key alone',
};

/** Returns a text for the user for each problem. */
export function primeVariableProblems(
  described: readonly DescribedSetting[],
  given: ReadonlySet<string>,
  env: Environment,
): readonly string[] {
  const refused = Object.entries(REFUSED)
    .filter(([name]) => isSet(env, name))
    .map(([name, why]) => `${name} is set, but ${why}: unset it.`);
  return [...refused, ...described.flatMap((setting) => contradictions(setting, given, env))];
}

/**
 * Two variables for one setting with different values, one of which would be ignored. A flag overrides both.
 */
function contradictions(
  { flag, env: names }: DescribedSetting,
  given: ReadonlySet<string>,
  env: Environment,
): readonly string[] {
  const set = names.filter((name) => isSet(env, name));
  const values = new Set(set.map((name) => normal(env[name] ?? '')));
  return values.size > 1 && !given.has(flag) && set.some((name) => name.startsWith('PRIME_'))
    ? [`${set.join(' and ')} say different things: unset all but one, or give ${flag}.`]
    : [];
}

/** Flags that override a variable of the provider's command line, which may have been set on purpose. */
export function overruledVariables(
  described: readonly DescribedSetting[],
  given: ReadonlyMap<string, string | undefined>,
  env: Environment,
): readonly string[] {
  return described
    .filter(({ flag }) => given.has(flag))
    .flatMap(({ flag, env: names }) =>
      names
        .filter((name) => name.startsWith('PRIME_') && isSet(env, name))
        .filter((name) => normal(env[name] ?? '') !== normal(given.get(flag) ?? ''))
        .map((name) => `${name} says something else than ${flag}, which wins.`),
    );
}

function isSet(env: Environment, name: string): boolean {
  return (env[name] ?? '').trim() !== '';
}

/** Normalizes an address, so that different spellings compare as equal. */
function normal(text: string): string {
  return text
    .trim()
    .replace(/\/+$/, '')
    .replace(/\/api\/v1$/, '');
}
