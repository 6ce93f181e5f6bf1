import * as z from 'zod';
import { readProxies } from '../network/proxies.ts';
import { helpText, readCommandLine } from './command-line.ts';
import type { Program } from './command-line.ts';
import { describeSettings } from './described-settings.ts';
import type { DescribedSetting } from './described-settings.ts';
import { choice, duration, onOff } from './kinds.ts';
import { networkOf } from './network.ts';
import type { NetworkConfig } from './network.ts';
import { textsOf, toInput, valueProblems } from './read-settings.ts';
import { setting } from './setting.ts';
import { SETTINGS } from './settings.ts';
import type { Environment } from './texts.ts';
import { OPERATOR_VERSION } from './version.ts';

/** The first argument of a process that checks an uninstallation and does nothing else. */
export const UNINSTALL_COMMAND = 'uninstall-check';

const MIN_TIMEOUT_MS = 1;

/** Its settings. Those that the operator has as well mean the same. */
const UNINSTALL_SETTINGS = {
  uninstall: z.object({
    policy: setting(choice(['Refuse', 'Retain', 'Terminate']), {
      flag: '--policy',
      env: ['GPUPOD_UNINSTALL_POLICY'],
      defaultText: 'Refuse',
      description:
        'What to do while a GpuPod has an instance or may get one. Refuse: fail. Retain: list what keeps billing, and succeed. Terminate: delete all GpuPods, and wait until they are gone',
    }),
    timeoutMs: setting(duration(MIN_TIMEOUT_MS), {
      flag: '--timeout',
      env: ['GPUPOD_UNINSTALL_TIMEOUT'],
      defaultText: '4m',
      description: 'How long Terminate waits, and how long requests that fail are repeated',
    }),
    deletesCrd: setting(onOff(), {
      flag: '--deletes-crd',
      env: ['GPUPOD_UNINSTALL_DELETES_CRD'],
      defaultText: 'false',
      description:
        'Whether the CRD is deleted as well. The deletion waits for every finalizer, so the check then also refuses while a GpuPod without an instance has that of the operator',
    }),
  }),
  policy: SETTINGS.policy.pick({ allowRetain: true }),
  kubernetes: SETTINGS.kubernetes.pick({ kubeconfig: true, context: true, watchNamespaces: true }),
};

const PROGRAM: Program = {
  name: `gpupod-operator ${UNINSTALL_COMMAND}`,
  description:
    'Says whether you may uninstall the operator, and which GpuPods prevent it, with their price. ' +
    'Exit code 0: you may; 1: you may not, or the GpuPods cannot be listed; 2: an argument is wrong. ' +
    'The Helm chart runs it before it deletes anything.',
};

const schema = z.object(UNINSTALL_SETTINGS);

export type UninstallConfig = z.output<typeof schema> & NetworkConfig;

export type LoadedUninstallConfig =
  | { readonly kind: 'ok'; readonly config: UninstallConfig }
  | { readonly kind: 'help' | 'version'; readonly text: string }
  | { readonly kind: 'invalid'; readonly problems: readonly string[] };

/** Loads the settings from the arguments after the command, and the environment. Never exits and never prints. */
export function loadUninstallConfig(argv: readonly string[], env: Environment): LoadedUninstallConfig {
  const described = describedUninstallSettings();
  const commandLine = readCommandLine(described, argv);
  if (commandLine.kind === 'help') {
    return { kind: 'help', text: helpText(described, PROGRAM) };
  }
  if (commandLine.kind === 'version') {
    return { kind: 'version', text: OPERATOR_VERSION };
  }
  const texts = textsOf(described, commandLine.texts, env);
  const parsed = schema.safeParse(toInput(described, texts));
  const problems = [
    ...commandLine.problems,
    ...readProxies(env).problems(''),
    ...valueProblems(texts, parsed.error?.issues ?? []),
  ];
  return parsed.success && problems.length === 0
    ? { kind: 'ok', config: { ...parsed.data, ...networkOf(env) } }
    : { kind: 'invalid', problems };
}

/** Every setting of the check, in the sequence of its help. */
export function describedUninstallSettings(): readonly DescribedSetting[] {
  const title = 'The check before an uninstallation';
  return describeSettings(UNINSTALL_SETTINGS, { uninstall: title, policy: title, kubernetes: 'Kubernetes' });
}
