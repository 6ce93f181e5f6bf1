import type { GpuPodSpecInput } from '../../src/api/gpupod/spec.ts';
import type { LogLine } from '../kubernetes/support/recording-log.ts';
import { findSecret } from './find-secret.ts';
import type { Canaries } from './find-secret.ts';
import { createSecret } from './bench.ts';
import type { SceneBench } from './bench.ts';
import { loggedText, shownOf } from './readable.ts';

const SECRET = 'canaries';

/** Texts that occur nowhere else. Every occurrence is a leak. */
const CANARIES = {
  plainEnv: 'canary-plain-4721-ghijkl',
  envOfSecret: 'canary "env" 4722\nsecond line+/=',
  password: 'canary-password-4723-mnopqr',
} as const;

/** The default fields of each GpuPod of a scene. */
export const SECRETIVE = {
  env: [
    { name: 'CANARY_PLAIN', value: CANARIES.plainEnv },
    { name: 'CANARY_SECRET', valueFrom: { secretKeyRef: { name: SECRET, key: 'env' } } },
  ],
  jupyterPasswordSecretRef: { name: SECRET, key: 'password' },
} satisfies Partial<GpuPodSpecInput>;

/** Creates the Secret that {@link SECRETIVE} names. */
export async function createCanaries(bench: SceneBench, namespace: string): Promise<void> {
  await createSecret(bench, namespace, SECRET, { env: CANARIES.envOfSecret, password: CANARIES.password });
}

/** The places in which no secret may occur. */
export interface Haystack {
  readonly bench: SceneBench;
  readonly namespace: string;
  /** The API keys of all accounts of the provider. */
  readonly apiKeys: readonly string[];
  /** The log lines of operators in this process. */
  readonly lines: readonly LogLine[];
  /** The output, the arguments and the HTTP answers of operator processes. */
  readonly texts: readonly string[];
}

/** Secrets that are readable outside of Secrets, as `envOfSecret (base64) in an event`. Empty without a leak. */
export async function leaks({ bench, namespace, apiKeys, lines, texts }: Haystack): Promise<string[]> {
  const keys = apiKeys.filter((key) => key.length >= 8).map((key, index) => [`key${index}`, key] as const);
  const canaries: Canaries = { ...CANARIES, ...Object.fromEntries(keys) };
  const places: readonly (readonly [string, readonly string[]])[] = [
    ['an object', (await bench.gpuPods.list({ namespace })).map(shownOf)],
    ['an event', (await bench.events.list({ namespace })).map((one) => JSON.stringify(one))],
    ['a ConfigMap', (await bench.configMaps.list({ namespace })).map((one) => JSON.stringify(one))],
    ['a Lease', (await bench.leases.list({ namespace })).map((one) => JSON.stringify(one))],
    ['the log', lines.map(({ fields, message }) => loggedText(fields, message))],
    ['a process', texts],
  ];
  return places.flatMap(([place, shown]) =>
    findSecret(shown.join('\n'), canaries).map((secret) => `${secret} in ${place}`),
  );
}
