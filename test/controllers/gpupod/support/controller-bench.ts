import { setImmediate } from 'node:timers/promises';
import { FRESH_STATUS } from '../../../../src/api/gpupod/status.ts';
import { GpuPodController } from '../../../../src/controllers/gpupod/gpu-pod-controller.ts';
import type { GpuPodOptions } from '../../../../src/controllers/gpupod/gpu-pod-options.ts';
import type { EventToRecord } from '../../../../src/controllers/gpupod/ports.ts';
import { ApiStatusError } from '../../../../src/kubernetes/client/api-errors.ts';
import { toWatchedEvent } from '../../../../src/kubernetes/frame.ts';
import type { KubernetesObject, RawObject } from '../../../../src/kubernetes/objects.ts';
import { SharedSource } from '../../../../src/kubernetes/cache/source.ts';
import { Store } from '../../../../src/kubernetes/cache/store.ts';
import type { Observation } from '../../../../src/lifecycle/observation.ts';
import type { Step } from '../../../../src/lifecycle/step.ts';
import { DEFAULT_TIMINGS } from '../../../../src/lifecycle/settings.ts';
import { RecordingLog } from '../../../kubernetes/support/recording-log.ts';
import { VirtualClock } from '../../../kubernetes/support/virtual-clock.ts';
import { OPEN_POLICY } from '../../../support/builders/policy.ts';
import { failure } from '../../../support/builders/snapshots.ts';

const TYPE = { group: 'gpupod.dev', version: 'v1alpha1', plural: 'gpupods' };

const RESTS: Step = { kind: 'rest', status: FRESH_STATUS };

/** The controller between a store and a provider without instances. The test decides each step. */
export class GpuPodControllerBench {
  readonly clock = new VirtualClock();
  readonly log = new RecordingLog();
  readonly events: EventToRecord[] = [];
  /** Observations that the controller asked a decision about. */
  readonly observed: Observation[] = [];
  readonly store = new Store<RawObject>(this.clock);
  /** The CRD in the cluster, as a sentence about what is wrong with it. */
  crdProblem: string | undefined;
  decide: (observation: Observation) => Step = () => RESTS;
  /** Answers a patch of finalizers or annotations. */
  patch: () => Promise<KubernetesObject> = async () =>
    await Promise.reject(new ApiStatusError(403, 'Forbidden', 'a policy forbids it'));
  readonly #source = new SharedSource({
    log: this.log,
    store: this.store,
    toAdded: (object) => toWatchedEvent({ type: 'ADDED', object }, TYPE),
  });
  readonly controller: GpuPodController;

  constructor(...objects: readonly RawObject[]) {
    this.put(...objects);
    this.controller = new GpuPodController(this.#options(), {
      id: 'abc123',
      account: undefined,
      formerAccount: undefined,
      clonedFrom: undefined,
      createdAt: undefined,
      isClusterKnown: true,
      idDoubt: undefined,
      mayHaveKeys: false,
    });
  }

  put(...objects: readonly RawObject[]): void {
    for (const event of objects.flatMap((object) => this.store.put(object))) {
      this.#source.emit(toWatchedEvent(event, TYPE));
    }
  }

  /** Lets time pass, and everything that is due with it. */
  async advance(ms: number): Promise<void> {
    await this.clock.advance(ms);
    await setImmediate();
  }

  /** Starts the controller, and waits until it has asked whose key it is, which requeues everything once. */
  async start(): Promise<void> {
    this.controller.start();
    await this.advance(0);
    await this.advance(500);
  }

  /** The GpuPods that were reconciled since the last call, in this order, each once. */
  takeNames(): readonly string[] {
    const names = this.observed.splice(0).map(({ gpuPod }) => gpuPod.metadata.name);
    return [...new Set(names)];
  }

  #options(): GpuPodOptions {
    const silent = failure({ reason: 'ApiUnavailable' });
    const silence = async () => await Promise.resolve(silent);
    const record = async () =>
      await Promise.resolve({
        metadata: { name: 'record', uid: 'uid-record', resourceVersion: '1' },
        data: {},
      });
    const nowhere = async (): Promise<never> =>
      await Promise.reject(new Error('the test sends nothing there'));
    return {
      clock: this.clock,
      log: this.log,
      timings: DEFAULT_TIMINGS,
      policy: OPEN_POLICY,
      orphanPolicy: 'Report',
      concurrency: 2,
      cooldownScale: 1,
      namespace: 'gpupod-system',
      identity: 'process-1',
      cluster: {
        api: {
          get: async () => await Promise.resolve(undefined),
          list: async () => await Promise.resolve([]),
          patchMetadata: async () => await this.patch(),
          replaceStatus: nowhere,
        },
        view: this.store,
        secrets: { get: nowhere, create: nowhere, replace: nowhere, delete: nowhere },
        configMaps: { get: record, create: nowhere, mergePatch: record },
        events: {
          record: (_about, event) => {
            this.events.push(event);
          },
        },
      },
      gpuPods: this.#source,
      provider: {
        whoami: async () => await Promise.resolve({ kind: 'ok', value: { userId: 'user-1' } }),
        listPods: async (wallets) =>
          await Promise.resolve({
            kind: 'ok',
            value: {
              instances: [],
              beganAtMs: this.clock.monotonicMs(),
              wallets: wallets.map((wallet) => ({ wallet, podIds: [], unidentified: [] })),
            },
          }),
        listHistory: async () => await Promise.resolve({ kind: 'ok', value: [] }),
        listOffers: silence,
        getPod: silence,
        getPodStatuses: silence,
        createPod: nowhere,
        deletePod: nowhere,
        listSshKeys: silence,
        createSshKey: nowhere,
        deleteSshKey: nowhere,
      },
      account: { origin: 'https://api.test', accept: undefined, keyVersion: () => 1 },
      bookCreateTurn: nowhere,
      isLeaseFresh: () => true,
      crdProblem: () => this.crdProblem,
      plan: (observation) => {
        this.observed.push(observation);
        return this.decide(observation);
      },
      random: () => 1,
    };
  }
}
