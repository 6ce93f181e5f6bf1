import type { GpuPodSpecInput } from '../../src/api/spec.ts';
import { findSecret, type Canaries } from './find-secret.ts';
import { createSecret, type Bench } from './bench.ts';
import { loggedText, shownOf } from './readable.ts';
import type { LogLine } from '../kubernetes/support/recording-log.ts';

const SECRET = 'canaries';

/** Texts that stand nowhere else: whoever finds one has found a leak. */
const CANARIES = {
  plainEnv: 'canary-plain-4721-ghijkl',
  envOfSecret: 'canary "env" 4722\nsecond line+/=',
  password: 'canary-password-4723-mnopqr',
} as const;

/** What each GpuPod of a scene is ordered with, where its spec says nothing else. */
export const SECRETIVE = {
  env: [
    { name: 'CANARY_PLAIN', value: CANARIES.plainEnv },
    { name: 'CANARY_SECRET', valueFrom: { secretKeyRef: { name: SECRET, key: 'env' } } },
  ],
  jupyterPasswordSecretRef: { name: SECRET, key: 'password' },
} satisfies Partial<GpuPodSpecInput>;

/** Puts the Secret that {@link SECRETIVE} names into a namespace. */
export async function createCanaries(bench: Bench, namespace: string): Promise<void> {
  await createSecret(bench, namespace, SECRET, { env: CANARIES.envOfSecret, password: CANARIES.password });
}

/** Where to look for what must stand nowhere. */
export interface Haystack {
  readonly bench: Bench;
  readonly namespace: string;
  /** Of all accounts of the provider. */
  readonly apiKeys: readonly string[];
  /** Of operators in this process. */
  readonly lines: readonly LogLine[];
  /** What operator processes wrote, what they were started with, what they tell of themselves. */
  readonly texts: readonly string[];
}

/** Secrets that people can read who may read no Secrets, as `envOfSecret (base64) in an event`; empty if all is well. */
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
