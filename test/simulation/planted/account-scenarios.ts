import { withSpec } from '../edits.ts';
import type { LifeOptions } from '../life.ts';
import type { Simulation } from '../simulation.ts';
import { NAMESPACE } from '../simulation.ts';

const MINUTE_MS = 60_000;
const SECRET = { namespace: NAMESPACE, name: 'default-key' };
const KEY = 'first-secret-of-user_a';
const OTHER_KEY = 'first-secret-of-user_b';

type Spec = Readonly<Record<string, unknown>>;

function writeKey({ server }: Simulation, text: string): void {
  const data = { 'api-key': Buffer.from(text).toString('base64') };
  if (server.get('secrets', SECRET) === undefined) {
    server.create('secrets', NAMESPACE, { metadata: { name: SECRET.name }, data }, 'person');
  } else server.edit('secrets', SECRET, (held) => ({ ...held, data }), 'person');
}

/** The namespace has an account `default` with a key of user_a. */
export function withAccount(spec: Spec, more: LifeOptions = {}): LifeOptions {
  return {
    provider: {
      accounts: [
        { key: 'test-key', userId: 'user_1' },
        { key: 'other-key', userId: 'user_2' },
        { key: KEY, userId: 'user_a' },
        { key: OTHER_KEY, userId: 'user_b' },
      ],
    },
    settings: { isServingAccounts: true, concurrency: 8 },
    ...more,
    prepare: (simulation) => {
      const { server } = simulation;
      server.create('namespaces', undefined, { metadata: { name: NAMESPACE } }, 'person');
      createAccount(simulation, spec);
      more.prepare?.(simulation);
    },
  };
}

export function createAccount(simulation: Simulation, spec: Spec): void {
  writeKey(simulation, KEY);
  const whole = { apiKeySecretRef: { name: SECRET.name, key: 'api-key' }, ...spec };
  const account = { metadata: { name: 'default' }, spec: whole };
  simulation.server.create('gpuaccounts', NAMESPACE, account, 'person');
}

function change(simulation: Simulation, spec: Spec): void {
  const target = { namespace: NAMESPACE, name: 'default' };
  simulation.server.edit('gpuaccounts', target, withSpec(spec), 'person');
}

const RACING = ['race-1', 'race-2', 'race-3'];

/** Three GpuPods at once, and room for one more. */
async function race(simulation: Simulation): Promise<void> {
  for (const name of RACING) simulation.apply(name);
  await simulation.pass(10 * MINUTE_MS);
}

/** A retained instance fills the place that another GpuPod of the namespace would need. */
async function retainsOverARestart(simulation: Simulation): Promise<void> {
  simulation.apply('keep-1', { deletionPolicy: 'Retain' });
  await simulation.until('it is ready', () => simulation.isReady('keep-1'));
  simulation.delete('keep-1');
  await simulation.until('it is retained', () => simulation.object('keep-1') === undefined);
  simulation.operator.kill();
  simulation.apply('more-1');
  await simulation.pass(20 * MINUTE_MS);
}

async function suspended(simulation: Simulation): Promise<void> {
  await simulation.pass(2 * MINUTE_MS);
  change(simulation, { suspend: true });
  simulation.apply('train-2');
  await simulation.pass(5 * MINUTE_MS);
  change(simulation, { suspend: false });
  await simulation.until('it is ready', () => simulation.isReady('train-2'));
}

async function otherUser(simulation: Simulation): Promise<void> {
  writeKey(simulation, OTHER_KEY);
  await simulation.pass(MINUTE_MS);
  simulation.apply('train-2');
  await simulation.pass(9 * MINUTE_MS);
  writeKey(simulation, KEY);
  await simulation.until('it is ready', () => simulation.isReady('train-2'));
}

/** Lives with an account of the namespace that pays. */
export const ACCOUNT_SCENARIOS = {
  'an account allows 2 USD/h per instance': () => withAccount({ limits: { maxPrice: 2 } }),
  'three GpuPods race for the last place of their account': () =>
    withAccount({ limits: { maxInstances: 2 } }, { middle: race, without: RACING, passes: Infinity }),
  'three GpuPods race for the last place of their namespace': () =>
    withAccount(
      { limits: { maxInstances: 3, perNamespace: { maxInstances: 2 } } },
      { middle: race, without: RACING, passes: Infinity },
    ),
  'a retained instance fills the namespace, and the process dies': () =>
    withAccount(
      { limits: { perNamespace: { maxInstances: 2 } } },
      { middle: retainsOverARestart, without: ['more-1'], passes: Infinity },
    ),
  'a GpuPod is applied while its default account is suspended': () => withAccount({}, { middle: suspended }),
  'the Secret of an account has the key of another user for 10 min': () =>
    withAccount({}, { middle: otherUser }),
} as const satisfies Readonly<Record<string, () => LifeOptions>>;
