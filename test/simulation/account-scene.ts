import type { GpuPodSpecInput } from '../../src/api/gpupod/spec.ts';
import type { RawObject } from '../../src/kubernetes/objects.ts';
import type { SettingsInput } from '../../src/simulator/world/settings.ts';
import type { Exchanger } from '../../src/prime/exchange.ts';
import { isReady, reasonOf } from './readings.ts';
import { INSTALLATION } from './shared-provider.ts';
import { Simulation } from './simulation.ts';
import type { SimulationOptions } from './simulation.ts';

/** The namespace of the operator, where Secrets of ClusterGpuAccounts are. */
const OPERATOR_NAMESPACE = 'gpupod-system';

/** Keys at the simulated provider, and the user that each belongs to. The operator's own key is test-key of user_1. */
const KEYS: SettingsInput = {
  accounts: [
    { key: 'test-key', userId: 'user_1', teams: [] },
    { key: 'other-key', userId: 'user_2', teams: [] },
    { key: 'key-of-a', userId: 'user_a', teams: ['team_a'] },
    { key: 'second-key-of-a', userId: 'user_a', teams: ['team_a'] },
    { key: 'key-of-b', userId: 'user_b', teams: [] },
  ],
};

/** A cluster whose operator serves accounts, with namespaces team-a and team-b. */
export class AccountScene {
  readonly simulation: Simulation;
  readonly #sent: { readonly headers: readonly string[]; readonly what: string }[] = [];

  constructor(options: SimulationOptions = {}) {
    this.simulation = new Simulation({
      ...options,
      plant: { ...options.plant, exchanger: (real) => this.#noting(real) },
      provider: { ...KEYS, ...options.provider },
      settings: { isServingAccounts: true, ...options.settings },
    });
    for (const name of ['team-a', 'team-b']) {
      const metadata = { name, labels: { team: name, gpus: 'yes' } };
      this.simulation.server.create('namespaces', undefined, { metadata }, 'person');
    }
  }

  /** A scene in which the GpuPod of this namespace is Ready, and its own account pays. */
  static async withReady(namespace: string, key: string): Promise<AccountScene> {
    const scene = new AccountScene();
    scene.addAccount(namespace, key);
    await scene.start();
    scene.apply(namespace);
    await scene.untilReady(namespace);
    return scene;
  }

  async start(): Promise<void> {
    this.simulation.startOperator();
    await this.simulation.pass(1_000);
  }

  /** A team brings its own key. */
  addAccount(namespace: string, key: string, name = 'default', spec: Record<string, unknown> = {}): void {
    this.writeSecret(namespace, `${name}-key`, key);
    this.simulation.server.create(
      'gpuaccounts',
      namespace,
      { metadata: { name }, spec: { apiKeySecretRef: { name: `${name}-key` }, ...spec } },
      'person',
    );
  }

  /** The platform team writes an account for several namespaces. */
  addClusterAccount(name: string, key: string, spec: Record<string, unknown>): void {
    this.writeSecret(OPERATOR_NAMESPACE, `${name}-key`, key);
    this.simulation.server.create(
      'clustergpuaccounts',
      undefined,
      { metadata: { name }, spec: { apiKeySecretRef: { name: `${name}-key` }, ...spec } },
      'person',
    );
  }

  writeSecret(namespace: string, name: string, text: string): void {
    const data = { 'api-key': Buffer.from(text).toString('base64') };
    const { server } = this.simulation;
    if (server.get('secrets', { namespace, name }) === undefined) {
      server.create('secrets', namespace, { metadata: { name }, data }, 'person');
    } else {
      server.edit('secrets', { namespace, name }, (held) => ({ ...held, data }), 'person');
    }
  }

  account(namespace: string | undefined, name = 'default'): RawObject {
    const kind = namespace === undefined ? 'clustergpuaccounts' : 'gpuaccounts';
    const object = this.simulation.server.get(kind, { namespace, name });
    if (object === undefined) throw new Error(`there is no account ${name}`);
    return object;
  }

  apply(namespace: string, spec: Partial<GpuPodSpecInput> = {}, name = 'train-1'): void {
    this.simulation.apply(name, spec, {}, namespace);
  }

  gpuPod(namespace: string, name = 'train-1'): RawObject | undefined {
    return this.simulation.server.get('gpupods', { namespace, name });
  }

  /** @throws if there is no such GpuPod */
  held(namespace: string): RawObject {
    const object = this.gpuPod(namespace);
    if (object === undefined) throw new Error(`there is no GpuPod in ${namespace}`);
    return object;
  }

  edit(namespace: string, change: (object: RawObject) => RawObject, name = 'train-1'): void {
    this.simulation.server.edit('gpupods', { namespace, name }, change, 'person');
  }

  async untilReady(namespace: string, name = 'train-1'): Promise<void> {
    await this.simulation.until(`${namespace}/${name} is ready`, () => {
      const object = this.gpuPod(namespace, name);
      return object !== undefined && isReady(object);
    });
  }

  async untilSynced(namespace: string, reason: string, limitMs?: number): Promise<void> {
    await this.simulation.until(
      `${namespace} says ${reason}`,
      () => this.syncedReason(namespace) === reason,
      limitMs,
    );
  }

  syncedReason(namespace: string, name?: string): string | undefined {
    const object = this.gpuPod(namespace, name);
    return object === undefined ? undefined : reasonOf(object, 'Synced');
  }

  /** The users that pay for live instances named for GpuPods of this namespace. */
  payersOf(namespace: string): readonly string[] {
    const live = this.simulation.api.world.pods.live();
    const ours = new RegExp(`^gp-${INSTALLATION}-\\w{26}-\\d+-${namespace}-`);
    return live.filter(({ name }) => ours.test(name)).map(({ userId }) => userId);
  }

  /** Requests that a user's keys sent, without reads. */
  changesBy(userId: string): readonly string[] {
    return this.simulation.api.requests
      .all()
      .filter((request) => request.userId === userId && request.method !== 'GET')
      .map(({ method, path }) => `${method} ${path}`);
  }

  /** Requests that were sent with this key. */
  sentWith(key: string): readonly string[] {
    return this.#sent.filter(({ headers }) => headers.includes(key)).map(({ what }) => what);
  }

  /** Notes the key of each request, which the provider's own log does not show. */
  #noting(real: Exchanger): Exchanger {
    return {
      ...real,
      exchange: async (request) => {
        const { pathname } = new URL(request.url);
        const what = `${request.method} ${pathname.replace('/api/v1', '')}`;
        this.#sent.push({ headers: JSON.stringify(request.headers).split(/["\s]/), what });
        return await real.exchange(request);
      },
    };
  }
}
