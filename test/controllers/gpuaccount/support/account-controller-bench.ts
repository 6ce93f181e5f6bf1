import type { FoundText } from '../../../../src/accounts/connection.ts';
import { GpuAccountController } from '../../../../src/controllers/gpuaccount/gpu-account-controller.ts';
import type { AccountReading } from '../../../../src/controllers/gpupod/accounts/account-sessions.ts';
import { UNUSED } from '../../../../src/controllers/gpupod/accounts/account-records.ts';
import type { AccountUsage } from '../../../../src/controllers/gpupod/accounts/account-records.ts';
import { recordAt } from '../../../../src/json.ts';
import { SharedSource } from '../../../../src/kubernetes/cache/source.ts';
import { Store } from '../../../../src/kubernetes/cache/store.ts';
import { ApiStatusError } from '../../../../src/kubernetes/client/api-errors.ts';
import { toWatchedEvent } from '../../../../src/kubernetes/frame.ts';
import type { MetadataPatch } from '../../../../src/kubernetes/client/resource-client.ts';
import type { KubernetesObject, RawObject } from '../../../../src/kubernetes/objects.ts';
import { RecordingLog } from '../../../kubernetes/support/recording-log.ts';
import { VirtualClock } from '../../../kubernetes/support/virtual-clock.ts';
import { rawAccount } from './account.ts';

export const TYPE = { group: 'gpupod.dev', version: 'v1alpha1', plural: 'any' };
export const ACCEPTED: AccountReading = {
  state: { kind: 'fits', origin: 'https://api.test', userId: 'user-1', sinceMs: 0 },
  isRefused: false,
};

/** The controller of accounts between a watch cache, an API server and sessions that a test controls. */
export class AccountControllerBench {
  readonly clock = new VirtualClock();
  readonly log = new RecordingLog();
  readonly accounts = this.#kind();
  readonly gpuPods = this.#kind();
  reading: AccountReading = ACCEPTED;
  usage: AccountUsage = UNUSED;
  key = 'pit_1';
  conflicts = 0;
  readonly used: FoundText[] = [];
  readonly closed: string[] = [];
  readonly written: unknown[] = [];
  readonly events: string[] = [];
  readonly finalizers: string[] = [];
  reads = 0;
  drops: readonly string[] = [];
  /** Whether the operator may watch the Secret. */
  isWatched = false;
  readonly watched: string[] = [];
  tellChange: () => void = () => undefined;
  whileReading: () => void = () => undefined;
  /** Each read of the Secret waits for this. */
  beforeRead: Promise<undefined> = Promise.resolve(undefined);
  crdCompared: Promise<void> = Promise.resolve();
  readonly controller = new GpuAccountController({
    clock: this.clock,
    log: this.log,
    random: () => 0,
    kinds: {
      GpuAccount: {
        source: this.accounts.source,
        view: this.accounts.store,
        api: {
          replaceStatus: async (object) => await Promise.resolve(this.#write(object)),
          patchMetadata: async (patch) => await Promise.resolve(this.#patch(patch)),
        },
        whenCrdCompared: async () => {
          await this.crdCompared;
        },
      },
    },
    gpuPods: this.gpuPods.source,
    usageOf: () => this.usage,
    sessions: {
      use: (_account, { found }) => {
        this.used.push(found);
        return this.reading;
      },
      close: (name) => {
        this.closed.push(name);
      },
    },
    secrets: {
      get: async () => {
        this.reads += 1;
        const { key } = this;
        this.whileReading();
        await this.beforeRead;
        const data = { 'api-key': Buffer.from(key).toString('base64') };
        const metadata = { namespace: 'team-a', name: 'key', uid: 's', resourceVersion: '1' };
        return await Promise.resolve({ metadata, data });
      },
      applyFinalizers: async ({ namespace = '', name }, finalizers) => {
        this.finalizers.push(`${namespace}/${name}: ${finalizers.join(',')}`);
        await Promise.resolve();
      },
      watch: ({ namespace = '', name }, onChange) => {
        const isOpen = (): boolean => this.isWatched;
        this.tellChange = onChange;
        return {
          get isOpen() {
            return isOpen();
          },
          start: () => this.watched.push(`${namespace}/${name}`),
          stop: () => this.watched.push(`not ${namespace}/${name}`),
        };
      },
    },
    events: { record: (_about, { reason }) => this.events.push(reason) },
    namespace: 'gpupod-system',
  });

  #kind() {
    const store = new Store<RawObject>(this.clock);
    const source = new SharedSource({
      log: this.log,
      store,
      toAdded: (object) => toWatchedEvent({ type: 'ADDED', object }, TYPE),
    });
    return { store, source };
  }

  /** Starts the controller with one account. */
  async start(): Promise<void> {
    this.put('accounts', rawAccount());
    this.controller.start();
    await this.clock.advance(0);
  }

  put(kind: 'accounts' | 'gpuPods', object: RawObject): void {
    const { store, source } = this[kind];
    for (const event of store.put(object)) source.emit(toWatchedEvent(event, TYPE));
  }

  #patch({ metadata: { finalizers = [] } }: MetadataPatch): KubernetesObject {
    this.finalizers.push(`account: ${finalizers.join(',')}`);
    const held = this.accounts.store.get('team-a/default') ?? rawAccount();
    const resourceVersion = String(Number(held.metadata.resourceVersion) + 1);
    return { ...held, metadata: { ...held.metadata, finalizers, resourceVersion } };
  }

  #write(object: KubernetesObject): KubernetesObject {
    if (this.conflicts > 0) {
      this.conflicts -= 1;
      throw new ApiStatusError(409, 'Conflict', 'the object has been modified');
    }
    const status = recordAt(object, 'status');
    this.written.push(status);
    const stored = Object.fromEntries(
      Object.entries(status).filter(([field]) => !this.drops.includes(field)),
    );
    const held = this.accounts.store.get('team-a/default');
    const resourceVersion = String(Number(held?.metadata.resourceVersion ?? 0) + 1);
    return {
      ...held,
      metadata: { ...object.metadata, generation: 3, resourceVersion },
      ...{ status: stored },
    };
  }
}
