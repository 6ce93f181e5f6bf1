import fc from 'fast-check';
import type { Arbitrary } from 'fast-check';
import type { GpuPod } from '../../../src/api/gpupod/gpu-pod.ts';
import type { Clock } from '../../../src/clock.ts';
import type { RawObject } from '../../../src/kubernetes/objects.ts';
import type { Observation, ObservedOffers } from '../../../src/lifecycle/observation.ts';
import type { HistoryRow, InstanceSnapshot, PodStatus, Wallet } from '../../../src/lifecycle/provider.ts';
import { DEFAULT_TIMINGS } from '../../../src/lifecycle/settings.ts';
import { readOffers } from '../../../src/prime/offer-row.ts';
import { CircuitBreakers } from '../../../src/accounts/holds/circuit-breakers.ts';
import { Inventory } from '../../../src/accounts/instances/inventory.ts';
import { Adoptions } from '../../../src/controllers/gpupod/installation/adoptions.ts';
import { Reservations } from '../../../src/accounts/sums/reservations.ts';
import { Cooldowns } from '../../../src/accounts/holds/cooldowns.ts';
import { gather } from '../../../src/controllers/gpupod/gather.ts';
import type { Sources } from '../../../src/controllers/gpupod/gather.ts';
import { InstancePoller } from '../../../src/accounts/instances/instance-poller.ts';
import { ProviderHealth } from '../../../src/accounts/holds/provider-health.ts';
import { VanishedInstances } from '../../../src/accounts/instances/vanished-instances.ts';
import { anOfferRow } from '../../prime/builders.ts';
import { rawGpuPod } from '../../support/builders/gpu-pod.ts';
import { INSTALLATION, nameOfAttempt, PROCESS } from '../../support/builders/intent.ts';
import { NOW_MS, WALL_MS } from '../../support/builders/observation.ts';
import { failure, historyRow, aSnapshot, aReadySnapshot } from '../../support/builders/snapshots.ts';
import { OPEN_POLICY } from '../../support/builders/policy.ts';
import { ANY_PAYER } from '../../support/builders/payers.ts';
import { gpuPodSource } from '../../support/gpu-pod-source.ts';
import { LONG_AGO_MS, localStateOf } from './hostile-local-states.ts';
import { FOREIGN } from './hostile-objects.ts';
import { HOSTILE_TEXTS } from './hostile-values.ts';
import { pick } from './json-mutations.ts';

const AGES_MS = [0, 500, 5_000, 30_000, 60_000, 90_001, 130_000, 400_000, 3_000_000];
const STATUSES: readonly PodStatus[] = [
  'ACTIVE',
  'ACTIVE',
  'ACTIVE',
  'PROVISIONING',
  'ACTIVE',
  'STOPPED',
  'ERROR',
  'DELETING',
  'UNKNOWN',
  'TERMINATED',
];

const OWN: readonly InstanceSnapshot[] = [
  aSnapshot(),
  aReadySnapshot(),
  // Only an instance with the requested name gets as far as its Secret.
  aReadySnapshot(),
  aReadySnapshot({ ports: [] }),
  aReadySnapshot({ priceUsdPerHour: 1e300 }),
  aSnapshot({ podId: 'pod-2', name: nameOfAttempt(2) }),
  aSnapshot({ podId: 'pod-3', name: nameOfAttempt(1).toUpperCase(), createdAt: 'garbage' }),
  aSnapshot({ installationStatus: 'ERROR', installationFailure: 'x'.repeat(300) }),
];
const OTHERS = FOREIGN.map((foreign) => aReadySnapshot(foreign));

const ROWS = [
  anOfferRow(),
  ...HOSTILE_TEXTS.map((text) => anOfferRow({ cloudId: text, dataCenter: text, provider: text })),
];
const { offers: OFFERS } = readOffers(
  ROWS.map((row) => ({ ...row, gpuType: 'H100_80GB' })),
  false,
);
const OFFER_ANSWERS: readonly (ObservedOffers | undefined)[] = [
  undefined,
  undefined,
  failure(),
  { kind: 'ok', offers: [], beganAtMs: NOW_MS },
  { kind: 'ok', offers: OFFERS.slice(0, 1), beganAtMs: NOW_MS },
  { kind: 'ok', offers: OFFERS.slice(1), beganAtMs: NOW_MS },
];

/** Numbers that determine the surroundings of an object. */
export interface SurroundingsCase {
  readonly own: readonly number[];
  readonly hasOthers: boolean;
  readonly status: number;
  readonly listedAt: number;
  readonly isListed: boolean;
  readonly isSeen: boolean;
  readonly localState: number;
  readonly ended: number;
  readonly offers: number;
  readonly account: number;
}

export const surroundingsCase: Arbitrary<SurroundingsCase> = fc.record({
  own: fc.oneof(fc.constant([]), fc.array(fc.nat(99), { minLength: 1, maxLength: 2 })),
  hasOthers: fc.boolean(),
  status: fc.nat(99),
  listedAt: fc.nat(99),
  isListed: fc.boolean(),
  isSeen: fc.boolean(),
  localState: fc.nat(99),
  ended: fc.nat(99),
  offers: fc.nat(99),
  account: fc.nat(99),
});

const clock: Clock = {
  nowMs: () => WALL_MS,
  monotonicMs: () => NOW_MS,
  sleep: async () => Promise.resolve(),
};
const ENDED: readonly (readonly HistoryRow[])[] = [
  [],
  [],
  [historyRow()],
  [historyRow({ podId: 'pod-2', name: nameOfAttempt(2), totalBilledUsd: -1e300 })],
];
const ACCOUNTS: readonly Observation['account'][] = [
  { kind: 'fits', userId: 'user-1' },
  { kind: 'fits' },
  { kind: 'fits' },
  { kind: 'unknown' },
  { kind: 'changed', message: 'm' },
];

/** Surroundings in which an object can be observed repeatedly. */
export interface HostileSurroundings {
  readonly instances: readonly InstanceSnapshot[];
  snapshot(gpuPod: GpuPod): Promise<Observation>;
}

/** The real parts that gather reads, filled by a provider that shows these instances. */
export async function hostileSurroundings(
  numbers: SurroundingsCase,
  others: readonly RawObject[],
): Promise<HostileSurroundings> {
  const status = pick(STATUSES, numbers.status);
  const own = numbers.own.map((index) => ({ ...pick(OWN, index), status }));
  const instances = [
    ...new Map(
      [...own, ...(numbers.hasOthers ? OTHERS : [])].map((instance) => [instance.podId, instance]),
    ).values(),
  ];
  const beganAtMs = NOW_MS - pick(AGES_MS, numbers.listedAt);
  const account = { state: pick(ACCOUNTS, numbers.account) };
  const sources = sourcesOf({ instances, beganAtMs, ended: pick(ENDED, numbers.ended), account, others });
  if (numbers.isListed) await sources.session.inventory.take();
  return {
    instances,
    snapshot: async (gpuPod) => {
      const { podId } = gpuPod.status;
      const seen = instances.find((instance) => instance.podId === podId);
      if (podId !== undefined) {
        sources.session.poller.follow('team-a/train-1', podId, {
          often: true,
          isTerminating: false,
          wasReady: false,
          wallets: 'all',
        });
      }
      if (seen !== undefined && numbers.isSeen) sources.session.poller.record(seen, beganAtMs);
      const { resourceVersion } = gpuPod.metadata;
      const version = { resourceVersion, seenAtMs: LONG_AGO_MS };
      const remembered = { ...localStateOf(numbers.localState, podId, seen), version };
      return await gather(sources, gpuPod, remembered, pick(OFFER_ANSWERS, numbers.offers));
    },
  };
}

interface Parts {
  readonly instances: readonly InstanceSnapshot[];
  readonly beganAtMs: number;
  readonly ended: readonly HistoryRow[];
  readonly account: Sources['session']['account'];
  readonly others: readonly RawObject[];
}

function sourcesOf({ instances, beganAtMs, ended, account, others }: Parts): Sources {
  const provider = {
    listPods: async (wallets: readonly Wallet[]) =>
      Promise.resolve({
        kind: 'ok',
        value: {
          instances,
          beganAtMs,
          wallets: wallets.map((wallet) => ({
            wallet,
            podIds: instances.map(({ podId }) => podId),
            unidentified: [],
          })),
        },
      } as const),
    getPod: async () => Promise.resolve({ kind: 'notFound', message: '' } as const),
    listHistory: async () => Promise.resolve({ kind: 'ok', value: ended } as const),
    getPodStatuses: async () =>
      Promise.resolve({ kind: 'ok', value: { snapshots: instances, failed: new Map() } } as const),
  };
  const nothing = (): void => undefined;
  const health = new ProviderHealth(clock, 0, nothing);
  const vanished = new VanishedInstances(clock, 0);
  const view = {
    get: () => undefined,
    list: () => [...others],
    applyLocal: () => true,
    seenAtMs: () => undefined,
  };
  const reservations = new Reservations({
    view: gpuPodSource(() => others),
    clock,
    installation: INSTALLATION,
    timings: DEFAULT_TIMINGS,
    assumedPrice: 0,
    expected: () => [],
    payers: ANY_PAYER,
  });
  // As after a list of both wallets, whichever user the account knows.
  for (const userId of [undefined, 'user-1']) {
    const lister = { name: 'operator', userId, isOwn: true };
    reservations.takeRetained(lister, []);
    reservations.takeInventory(lister, { instances, beganAtMs }, new Set([undefined, 'team-1']));
  }
  return {
    clock,
    timings: DEFAULT_TIMINGS,
    policy: { ...OPEN_POLICY, allowedTeamIds: ['team-1'], maxTotalPricePerHour: 10_000_000_000 },
    installation: INSTALLATION,
    identity: PROCESS,
    adoptions: new Adoptions({
      api: { list: async () => Promise.resolve([...others]) },
      view,
      retained: { hasOfPrefix: async () => Promise.resolve(false) },
      proofKey: 'key-1',
    }),
    session: {
      name: 'operator',
      account,
      health,
      vanished,
      poller: new InstancePoller({
        provider,
        clock,
        timings: DEFAULT_TIMINGS,
        health,
        vanished,
        onChange: nothing,
      }),
      inventory: new Inventory({
        provider,
        clock,
        teamIds: () => ['team-1'],
        isTrusted: () => true,
        isBound: () => false,
        quietFailureMs: 0,
        onList: nothing,
        onReady: nothing,
        schedule: nothing,
        minGapMs: 0,
      }),
      circuitBreakers: new CircuitBreakers(clock),
      cooldowns: new Cooldowns(clock),
      reservations,
    },
    view,
    proofKey: 'key-1',
    fidelity: { problem: undefined },
  };
}

/** Other objects of the cluster, as a live list would show them. */
export const NEIGHBOURS: readonly RawObject[] = [rawGpuPod({ uid: 'other-uid', name: 'train-2' })];
