import type { DescribedSetting } from './described-settings.ts';
import type { Environment } from './texts.ts';

/**
 * Variables of the provider's own command line that say whose wallet pays, or where the API is. Those that a setting
 * takes over stand in the table of settings; these have no meaning here, and to ignore them would use another account
 * than was meant.
 */
const REFUSED: Readonly<Record<string, string>> = {
  PRIME_CONTEXT:
    'it names a stored configuration of the prime command line, with a key, an API and a team of its own, which the operator does not read',
  PRIME_USER_ID: 'whose account pays follows from the API key alone',
};

/** What is wrong with the variables, for a person. */
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

/** Two variables for one setting that say different things: one of them would be ignored. The flag wins over both. */
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

/** A flag that wins over a variable of the provider's command line, which somebody may have set on purpose. */
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

/** The same address may be written in several ways. */
function normal(text: string): string {
  return text
    .trim()
    .replace(/\/+$/, '')
    .replace(/\/api\/v1$/, '');
}
