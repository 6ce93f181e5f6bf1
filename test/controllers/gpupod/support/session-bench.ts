import { KeyUse } from '../../../../src/accounts/keys/key-use.ts';
import { Reservations } from '../../../../src/accounts/sums/reservations.ts';
import { createSession } from '../../../../src/accounts/session.ts';
import type { AccountSession } from '../../../../src/accounts/session.ts';
import { RetainedInstances } from '../../../../src/controllers/gpupod/sweeps/retained-instances.ts';
import { isRecord, recordAt } from '../../../../src/json.ts';
import type { ConfigMap } from '../../../../src/kubernetes/client/config-map-client.ts';
import type { RawObject } from '../../../../src/kubernetes/objects.ts';
import type {
  Answer,
  HistoryRow,
  InstanceSnapshot,
  NotFound,
  Provider,
  UnidentifiedRow,
} from '../../../../src/lifecycle/provider.ts';
import type { RegisteredKey } from '../../../../src/lifecycle/ssh-key/ssh-key-api.ts';
import { DEFAULT_TIMINGS } from '../../../../src/lifecycle/settings.ts';
import { RecordingLog } from '../../../kubernetes/support/recording-log.ts';
import { VirtualClock } from '../../../kubernetes/support/virtual-clock.ts';
import { INSTALLATION } from '../../../support/builders/intent.ts';
import { failure } from '../../../support/builders/snapshots.ts';
import { gpuPodSource } from '../../../support/gpu-pod-source.ts';
import { ANY_PAYER } from '../../../support/builders/payers.ts';

export const ORIGIN = 'https://api.test';
export const USER = 'user-1';

const ABSENT: NotFound = { kind: 'notFound', message: 'no such instance' };

/** The session of one API key, with a provider and a retained list that the test fills. */
export class SessionBench {
  readonly clock = new VirtualClock();
  readonly log = new RecordingLog();
  /** GpuPods in the watch cache. */
  cached: RawObject[] = [];
  keyVersion = 1;
  /** Undefined: the key may not read its own user. */
  userId: string | undefined = USER;
  listed: readonly InstanceSnapshot[] = [];
  unidentified: readonly UnidentifiedRow[] = [];
  history: readonly HistoryRow[] = [];
  /** Answers to a GET. An instance without one is absent. */
  readonly gets = new Map<string, Answer<InstanceSnapshot>>();
  /** Called while a GET is under way. */
  duringGet: () => void = () => undefined;
  /** The IDs that a GET was sent for, and those that a DELETE was sent for. */
  readonly asked: string[] = [];
  readonly deleted: string[] = [];
  /** The SSH keys of the account. */
  keys: Answer<readonly RegisteredKey[]> = { kind: 'ok', value: [] };
  /** The IDs of the keys that a DELETE was sent for, and what happens right before each. */
  readonly deletedKeys: string[] = [];
  beforeKeyDelete: () => void = () => undefined;
  /** The data of the retained list. */
  readonly kept: Record<string, string> = {};
  readonly retained = new RetainedInstances(this.#configMaps(), 'gpupod-system');
  readonly session: AccountSession = this.#newSession();

  #newSession(): AccountSession {
    return createSession(
      {
        name: 'operator',
        provider: this.#provider(),
        bookCreateTurn: nowhere,
        clock: this.clock,
        log: this.log,
        timings: DEFAULT_TIMINGS,
        cooldownScale: 1,
        installation: INSTALLATION,
        keyUse: new KeyUse({
          clock: this.clock,
          graceMs: DEFAULT_TIMINGS.sweepMs,
          mayHaveKeys: true,
          record: nowhere,
        }),
        gpuPods: { list: () => this.cached },
        teamIds: () => [],
        reservations: new Reservations({
          view: gpuPodSource(() => this.cached),
          clock: this.clock,
          timings: DEFAULT_TIMINGS,
          installation: INSTALLATION,
          assumedPrice: 0,
          expected: () => [],
          payers: ANY_PAYER,
        }),
        identity: {
          keyVersion: () => this.keyVersion,
          origin: ORIGIN,
          recorded: undefined,
          recordedKey: undefined,
          fingerprint: () => undefined,
          former: undefined,
          clonedFrom: undefined,
          acceptAccount: undefined,
          record: async () => {
            await Promise.resolve();
          },
        },
      },
      {
        enqueue: () => undefined,
        enqueueAll: () => undefined,
        scheduleInventory: () => undefined,
        wake: () => undefined,
      },
    );
  }

  #provider(): Provider {
    return {
      whoami: async () =>
        await Promise.resolve(
          this.userId === undefined
            ? failure({ reason: 'Unauthorized', httpStatus: 403 })
            : { kind: 'ok', value: { userId: this.userId } },
        ),
      listPods: async (wallets) => {
        const podIds = this.listed.map(({ podId }) => podId);
        const { listed: instances, unidentified } = this;
        const beganAtMs = this.clock.monotonicMs();
        const lists = wallets.map((wallet) => ({ wallet, podIds, unidentified }));
        return await Promise.resolve({ kind: 'ok', value: { instances, beganAtMs, wallets: lists } });
      },
      listHistory: async () => await Promise.resolve({ kind: 'ok', value: this.history }),
      getPod: async (podId) => {
        this.asked.push(podId);
        this.duringGet();
        return await Promise.resolve(this.gets.get(podId) ?? ABSENT);
      },
      deletePod: async (podId, options) => {
        if (options?.mayStillSend() === false) {
          return await Promise.resolve(failure());
        }
        this.deleted.push(podId);
        return await Promise.resolve({ kind: 'accepted' });
      },
      listOffers: nowhere,
      getPodStatuses: nowhere,
      createPod: nowhere,
      listSshKeys: async () => await Promise.resolve(this.keys),
      createSshKey: nowhere,
      deleteSshKey: async (keyId, { mayStillSend }) => {
        this.beforeKeyDelete();
        if (!mayStillSend()) {
          return await Promise.resolve(failure());
        }
        this.deletedKeys.push(keyId);
        return await Promise.resolve({ kind: 'accepted' });
      },
    };
  }

  #configMaps(): ConstructorParameters<typeof RetainedInstances>[0] {
    const read = async (): Promise<ConfigMap> =>
      await Promise.resolve({
        metadata: { name: 'gpupod-operator-retained', uid: 'uid-record', resourceVersion: '1' },
        data: { ...this.kept },
      });
    return {
      get: read,
      create: nowhere,
      mergePatch: async (_target, body) => {
        const data = isRecord(body) ? recordAt(body, 'data') : {};
        for (const [key, value] of Object.entries(data)) {
          if (value === null) {
            Reflect.deleteProperty(this.kept, key);
          }
        }
        return await read();
      },
    };
  }
}

export async function nowhere(): Promise<never> {
  return await Promise.reject(new Error('the test sends nothing there'));
}
