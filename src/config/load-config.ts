import { z } from 'zod';
import { checkBaseUrl } from '../prime/base-url.ts';
import { readProxies } from '../network/proxies.ts';
import { chooseApiKey } from './api-key-origin.ts';
import { helpText, readCommandLine } from './command-line.ts';
import type { ApiKeyOrigin, Config } from './config.ts';
import { CROSS_CHECKS } from './cross-checks.ts';
import type { Settings } from './cross-checks.ts';
import { describedSettings } from './described-settings.ts';
import type { DescribedSetting } from './described-settings.ts';
import { overruledVariables, primeVariableProblems } from './prime-variables.ts';
import { SETTINGS } from './settings.ts';
import { textOf } from './texts.ts';
import type { Environment, GivenText } from './texts.ts';
import { OPERATOR_VERSION } from './version.ts';
import { findWarnings } from './warnings.ts';

export type LoadedConfig =
  | { readonly kind: 'ok'; readonly config: Config }
  | { readonly kind: 'help' | 'version'; readonly text: string }
  | { readonly kind: 'invalid'; readonly problems: readonly string[] };

/**
 * Loads the configuration from the arguments (without the program's own two) and the environment. Returns
 * all problems at once, each with its flag or variable. Never exits and never prints.
 */
export function loadConfig(argv: readonly string[], env: Environment): LoadedConfig {
  const described = describedSettings();
  const commandLine = readCommandLine(described, argv);
  if (commandLine.kind === 'help') {
    return { kind: 'help', text: helpText(described) };
  }
  if (commandLine.kind === 'version') {
    return { kind: 'version', text: OPERATOR_VERSION };
  }
  const texts: Texts = new Map(
    described.map((setting) => [pathOf(setting), textOf(setting, commandLine.texts, env)]),
  );
  const parsed = settingsSchema.safeParse(toInput(described, texts));
  const key = chooseApiKey(texts.get('prime.keyFile')?.text, env);
  const problems = [
    ...commandLine.problems,
    ...proxyProblems(texts, env),
    ...primeVariableProblems(described, new Set(commandLine.texts.keys()), env),
    ...valueProblems(texts, parsed.error?.issues ?? []),
    ...(key.kind === 'ok' ? [] : [key.problem]),
  ];
  return parsed.success && key.kind === 'ok' && problems.length === 0
    ? {
        kind: 'ok',
        config: {
          ...toConfig(parsed.data, key.origin, warningsOf(parsed.data, commandLine.texts, env)),
          ...networkOf(env),
        },
      }
    : { kind: 'invalid', problems };
}

function warningsOf(
  settings: Settings,
  given: ReadonlyMap<string, string | undefined>,
  env: Environment,
): readonly string[] {
  const described = describedSettings();
  return [
    ...findWarnings(settings, described, env),
    ...overruledVariables(described, given, env),
    ...readProxies(env).warnings(settings.prime.baseUrl),
  ];
}

function proxyProblems(texts: Texts, env: Environment): readonly string[] {
  return readProxies(env).problems(texts.get('prime.baseUrl')?.text ?? '');
}

/** By `group.key`. */
type Texts = ReadonlyMap<string, GivenText>;

const settingsSchema = z.object(SETTINGS).superRefine(
  (settings, context) => {
    const failed = new Set(context.issues.map(({ path }) => (path ?? []).join('.')));
    for (const { needs, problem } of CROSS_CHECKS) {
      const message = needs.some((path) => failed.has(path)) ? undefined : problem(settings);
      if (message !== undefined) {
        context.addIssue({ code: 'custom', message });
      }
    }
  },
  // Runs even if some setting could not be read, so that all problems are reported together.
  { when: () => true },
);

function pathOf({ group, key }: DescribedSetting): string {
  return `${group}.${key}`;
}

function toInput(
  described: readonly DescribedSetting[],
  texts: Texts,
): Record<string, Record<string, string>> {
  const input: Record<string, Record<string, string>> = {};
  for (const setting of described) {
    const values = (input[setting.group] ??= {});
    const text = texts.get(pathOf(setting))?.text;
    if (text !== undefined) {
      values[setting.key] = text;
    }
  }
  return input;
}

function valueProblems(texts: Texts, issues: readonly z.core.$ZodIssue[]): readonly string[] {
  const lacking = [...texts.values()].filter(({ lacksValue }) => lacksValue);
  const wrong = issues.flatMap(({ path, message }) => {
    const text = texts.get(path.join('.'));
    // The problem of a rule names its settings itself.
    return text === undefined ? [message] : text.lacksValue ? [] : [`${text.origin}: ${message}.`];
  });
  return [...lacking.map(({ origin }) => `${origin} needs a value.`), ...wrong];
}

const CLUSTER_VARIABLES = ['KUBECONFIG', 'HOME', 'KUBERNETES_SERVICE_HOST', 'KUBERNETES_SERVICE_PORT'];

/** The rest of the environment may hold secrets, and no configuration should. */
function networkOf(env: Environment): Pick<Config, 'environment' | 'proxies'> {
  const set = CLUSTER_VARIABLES.filter((name) => (env[name] ?? '') !== '');
  const proxies = readProxies(env);
  return {
    ...(set.length === 0 ? {} : { environment: Object.fromEntries(set.map((name) => [name, env[name]])) }),
    ...(proxies.isNone ? {} : { proxies }),
  };
}

function toConfig(
  { prime, ...others }: Settings,
  key: ApiKeyOrigin,
  warnings: readonly string[],
): Omit<Config, 'environment' | 'proxies'> {
  const base = checkBaseUrl(prime.baseUrl, { allowHttp: prime.allowHttp });
  if (base.kind === 'invalid') {
    throw new TypeError(base.message);
  }
  const { createTimeoutMs, readTimeoutMs, maxRequestsPerSecond, offerCacheMs } = prime;
  return {
    ...others,
    prime: {
      baseUrl: base.url,
      key,
      maxRequestsPerSecond,
      offerCacheMs,
      timeouts: { createMs: createTimeoutMs, readMs: readTimeoutMs, deleteMs: readTimeoutMs },
    },
    warnings,
  };
}
