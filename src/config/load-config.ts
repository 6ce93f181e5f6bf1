import * as z from 'zod';
import { checkBaseUrl } from '../prime/base-url.ts';
import { readProxies } from '../network/proxies.ts';
import { chooseApiKey } from './api-key-origin.ts';
import { helpText, readCommandLine } from './command-line.ts';
import type { Program } from './command-line.ts';
import type { ApiKeyOrigin, Config } from './config.ts';
import { CROSS_CHECKS } from './cross-checks.ts';
import type { Settings } from './cross-checks.ts';
import { describedSettings } from './described-settings.ts';
import { overruledVariables, primeVariableProblems } from './prime-variables.ts';
import { networkOf } from './network.ts';
import { textsOf, toInput, valueProblems } from './read-settings.ts';
import type { Texts } from './read-settings.ts';
import { SETTINGS } from './settings.ts';
import { allowedSources } from './ssh-key-settings.ts';
import type { Environment } from './texts.ts';
import { OPERATOR_VERSION } from './version.ts';
import { findWarnings } from './warnings.ts';

export type LoadedConfig =
  | { readonly kind: 'ok'; readonly config: Config }
  | { readonly kind: 'help' | 'version'; readonly text: string }
  | { readonly kind: 'invalid'; readonly problems: readonly string[] };

const OPERATOR: Program = {
  name: 'gpupod-operator',
  description:
    'Rents a GPU instance at Prime Intellect for each GpuPod of a Kubernetes cluster, and terminates it with the GpuPod.\n\n' +
    'The API key comes from the environment variable PRIME_API_KEY, or from a file. You can give each setting by ' +
    'flag or by environment variable; the flag wins. Write durations as in 90s, 1h30m or 250ms.\n\n' +
    'gpupod-operator uninstall-check says whether you may uninstall the operator; it has a --help of its own.',
};

/**
 * Loads the configuration from the arguments (without the program's own two) and the environment. Returns
 * all problems at once, each with its flag or variable. Never exits and never prints.
 */
export function loadConfig(argv: readonly string[], env: Environment): LoadedConfig {
  const described = describedSettings();
  const commandLine = readCommandLine(described, argv);
  if (commandLine.kind === 'help') {
    return { kind: 'help', text: helpText(described, OPERATOR) };
  }
  if (commandLine.kind === 'version') {
    return { kind: 'version', text: OPERATOR_VERSION };
  }
  const texts = textsOf(described, commandLine.texts, env);
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

function toConfig(
  { prime, ...others }: Settings,
  key: ApiKeyOrigin,
  warnings: readonly string[],
): Omit<Config, 'environment' | 'proxies'> {
  const base = checkBaseUrl(prime.baseUrl, { allowHttp: prime.allowHttp });
  if (base.kind === 'invalid') {
    throw new TypeError(base.message);
  }
  const { policy } = others;
  const { createTimeoutMs, readTimeoutMs, maxRequestsPerSecond, offerCacheMs } = prime;
  return {
    ...others,
    policy: { ...policy, sshKeySources: allowedSources(policy.sshKeySources, policy.allowedSshKeyIds) },
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
