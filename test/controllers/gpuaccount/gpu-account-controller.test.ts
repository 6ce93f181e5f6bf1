import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { FoundText } from '../../../src/accounts/connection.ts';
import { GpuAccountController } from '../../../src/controllers/gpuaccount/gpu-account-controller.ts';
import type { AccountReading } from '../../../src/controllers/gpupod/accounts/account-sessions.ts';
import { UNUSED } from '../../../src/controllers/gpupod/accounts/account-records.ts';
import type { AccountUsage } from '../../../src/controllers/gpupod/accounts/account-records.ts';
import { recordAt } from '../../../src/json.ts';
import { SharedSource } from '../../../src/kubernetes/cache/source.ts';
import { Store } from '../../../src/kubernetes/cache/store.ts';
import { ApiStatusError } from '../../../src/kubernetes/client/api-errors.ts';
import { toWatchedEvent } from '../../../src/kubernetes/frame.ts';
import type { MetadataPatch } from '../../../src/kubernetes/client/resource-client.ts';
import type { KubernetesObject, RawObject } from '../../../src/kubernetes/objects.ts';
import { RecordingLog } from '../../kubernetes/support/recording-log.ts';
import { VirtualClock } from '../../kubernetes/support/virtual-clock.ts';
import { rawGpuPod } from '../../support/builders/gpu-pod.ts';
import { intent } from '../../support/builders/intent.ts';
import { rawAccount } from './support/account.ts';

const TYPE = { group: 'gpupod.dev', version: 'v1alpha1', plural: 'any' };
const ACCEPTED: AccountReading = {
  state: { kind: 'fits', origin: 'https://api.test', userId: 'user-1', sinceMs: 0 },
  isRefused: false,
};

class Bench {
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
      use: (_account, found) => {
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
    const store = new Store<RawObject>();
    const source = new SharedSource({
      log: this.log,
      store,
      toAdded: (object) => toWatchedEvent({ type: 'ADDED', object }, TYPE),
    });
    return { store, source };
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

let bench: Bench;

beforeEach(() => {
  bench = new Bench();
});

afterEach(async () => {
  await bench.controller.stop();
});

async function start(): Promise<void> {
  bench.put('accounts', rawAccount());
  bench.controller.start();
  await bench.clock.advance(0);
}

describe('an account whose Secret may be watched', () => {
  beforeEach(() => {
    bench.isWatched = true;
  });

  it('has it read when it changes, and every quarter of an hour besides', async () => {
    await start();
    expect([bench.reads, bench.watched]).toEqual([1, ['team-a/key']]);
    await bench.clock.advance(14 * 60_000);
    expect(bench.reads).toBe(1);
    bench.key = 'pit_2';
    bench.tellChange();
    await bench.clock.advance(1_000);
    expect(bench.used.at(-1)).toEqual({ kind: 'text', text: 'pit_2' });
    expect(bench.reads).toBe(2);
    await bench.clock.advance(16 * 60_000);
    expect(bench.reads).toBe(3);
  });

  it('has it read as if it may not be watched, once the watch has ended', async () => {
    await start();
    bench.isWatched = false;
    bench.key = 'pit_2';
    await bench.clock.advance(5_000);
    expect(bench.used.at(-1)).toEqual({ kind: 'text', text: 'pit_2' });
  });

  it('has the Secret read that its spec names by now, and the former one no longer watched', async () => {
    await start();
    const edited = rawAccount({ spec: { apiKeySecretRef: { name: 'other' } } });
    bench.put('accounts', { ...edited, metadata: { ...edited.metadata, resourceVersion: '99' } });
    await bench.clock.advance(1_000);
    expect(bench.reads).toBe(2);
    expect(bench.watched).toEqual(['team-a/key', 'not team-a/key', 'team-a/other']);
  });

  it('has it read again if it changed while it was read', async () => {
    bench.whileReading = () => {
      bench.tellChange();
      bench.key = 'pit_2';
    };
    await start();
    await bench.clock.advance(1_000);
    expect(bench.used.at(-1)).toEqual({ kind: 'text', text: 'pit_2' });
  });

  it('is no longer watched when it is gone, or the process stops', async () => {
    await start();
    const { store, source } = bench.accounts;
    for (const event of store.removeKey('team-a/default')) source.emit(toWatchedEvent(event, TYPE));
    await bench.clock.advance(0);
    expect(bench.watched).toEqual(['team-a/key', 'not team-a/key']);
    bench.put('accounts', rawAccount());
    await bench.clock.advance(1_000);
    await bench.controller.stop();
    expect(bench.watched.slice(2)).toEqual(['team-a/key', 'not team-a/key']);
  });
});

describe('an account', () => {
  it('has its Secret read at least every 4 s, so that a new key is used within 5 s', async () => {
    await start();
    bench.key = 'pit_2';
    await bench.clock.advance(4_000);
    expect(bench.used.at(-1)).toEqual({ kind: 'text', text: 'pit_2' });
  });

  it('costs one write when it becomes known, and none while nothing changes', async () => {
    await start();
    await bench.clock.advance(10 * 60_000);
    expect(bench.written).toHaveLength(1);
    expect(bench.events).toEqual(['KeyAccepted']);
    expect(bench.reads).toBeGreaterThan(100);
  });

  it('is written again at once when the key is refused, and says so in an event', async () => {
    await start();
    bench.reading = { ...ACCEPTED, isRefused: true };
    await bench.clock.advance(4_000);
    expect(bench.written.at(-1)).toMatchObject({ conditions: [{ reason: 'Unauthorized' }, {}] });
    expect(bench.events).toEqual(['KeyAccepted', 'Unauthorized']);
  });

  it('shows its instances, with at most one write in 10 s', async () => {
    await start();
    for (let instances = 1; instances <= 20; instances += 1) {
      bench.usage = { ...UNUSED, instances };
      bench.put(
        'gpuPods',
        rawGpuPod({
          resourceVersion: String(100 + instances),
          intent: intent({ payer: { kind: 'GpuAccount', name: 'default' } }),
        }),
      );
      await bench.clock.advance(500);
    }
    await bench.clock.advance(15_000);
    expect(bench.written.at(-1)).toMatchObject({ instances: 20 });
    expect(bench.written.length).toBeLessThanOrEqual(4);
  });

  it('is reconciled when a GpuPod that names it changes, with few reads of its Secret', async () => {
    await start();
    const before = bench.reads;
    for (let at = 0; at < 50; at += 1) {
      const payer = { kind: 'GpuAccount', name: 'default' } as const;
      bench.put('gpuPods', rawGpuPod({ resourceVersion: String(200 + at), intent: intent({ payer }) }));
      await bench.clock.advance(10);
    }
    await bench.clock.advance(600);
    expect(bench.reads - before).toBeGreaterThanOrEqual(1);
    expect(bench.reads - before).toBeLessThanOrEqual(3);
  });

  it('is not written again and again where its CRD drops a field, and nothing new may be rented then', async () => {
    bench.drops = ['userId'];
    await start();
    await bench.clock.advance(10 * 60_000);
    expect(bench.written).toHaveLength(1);
    expect(bench.events).toEqual(['CrdOutdated', 'KeyAccepted']);
    expect(bench.controller.crdProblem).toMatch(
      /^The installed CRD gpuaccounts\.gpupod\.dev drops status\.userId\./,
    );
    bench.drops = [];
    bench.controller.onCrdHealed();
    expect(bench.controller.crdProblem).toBeUndefined();
    await bench.clock.advance(4_000);
    expect(bench.written).toHaveLength(2);
  });

  it('is not used before its CRD was compared, because an older one drops its limits', async () => {
    const compared = Promise.withResolvers<undefined>();
    bench.crdCompared = compared.promise.then(() => undefined);
    await start();
    await bench.clock.advance(60_000);
    expect([bench.reads, bench.used]).toEqual([0, []]);
    compared.resolve(undefined);
    await bench.clock.advance(0);
    expect(bench.used).toHaveLength(1);
  });

  it('is written again after a conflict', async () => {
    bench.conflicts = 1;
    await start();
    await bench.clock.advance(2_000);
    expect(bench.written).toHaveLength(1);
  });

  it('closes its session when it is gone', async () => {
    await start();
    const { store, source } = bench.accounts;
    const object = rawAccount();
    for (const event of store.removeKey('team-a/default')) source.emit(toWatchedEvent(event, TYPE));
    await bench.clock.advance(0);
    expect(object.metadata.name).toBe('default');
    expect(bench.closed).toEqual(['GpuAccount/team-a/default']);
  });

  it('that this version cannot read is reported, and keeps its session', async () => {
    bench.put('accounts', { ...rawAccount(), spec: {} });
    bench.controller.start();
    await bench.clock.advance(0);
    expect(bench.used).toEqual([]);
    expect(bench.closed).toEqual([]);
    expect(bench.log.lines.map(({ level }) => level)).toEqual(['error']);
  });
});
