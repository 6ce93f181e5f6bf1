import { FINALIZER } from '../../../src/api/names.ts';
import { withAttempt } from '../../../src/lifecycle/status/attempts.ts';
import { openOrder } from '../../../src/lifecycle/order.ts';
import type { CreatePodRequest } from '../../../src/lifecycle/create-pod-request.ts';
import type { Knowledge } from '../../../src/lifecycle/knowledge.ts';
import type { Plant } from '../operator-process.ts';
import {
  atCluster,
  atProvider,
  isCreate,
  isList,
  onWire,
  podIdIn,
  podNameIn,
  statusIn,
} from './planted-bug.ts';
import type { PlantedBug } from './planted-bug.ts';

const NO_PODS = '{"data":[],"total_count":0,"offset":0,"limit":100}';

/** Bugs on the way from the order to its pod. */
export const ORDER_BUGS: readonly PlantedBug[] = [
  {
    name: 'the request is sent once more when its answer is lost',
    plant: () =>
      onWire(async (request, send) => {
        const exchange = await send(request);
        return isCreate(request) && exchange.kind === 'broken' ? await send(request) : exchange;
      }),
    scenario: 'the answer to the order is lost',
    oracles: ['at-most-one'],
  },
  {
    name: 'the order is sent without having been written down',
    plant: () =>
      atCluster((real) => ({
        patchMetadata: async (patch) => {
          if (patch.metadata.annotations === undefined) return await real.patchMetadata(patch);
          const held = await real.get(patch);
          if (held === undefined) throw new Error('the object is gone');
          return held;
        },
      })),
    scenario: 'a calm life',
    oracles: ['written-first'],
  },
  {
    name: 'the order is written down without the finalizer',
    plant: () =>
      atCluster((real) => ({
        patchMetadata: async (patch) => {
          const { annotations, finalizers = [] } = patch.metadata;
          const kept =
            annotations === undefined ? finalizers : finalizers.filter((name) => name !== FINALIZER);
          return await real.patchMetadata({ ...patch, metadata: { ...patch.metadata, finalizers: kept } });
        },
      })),
    scenario: 'a calm life',
    oracles: ['written-first'],
  },
  {
    name: 'the order is written again after a conflict',
    plant: () =>
      atCluster((real) => ({
        patchMetadata: async (patch) => {
          try {
            return await real.patchMetadata(patch);
          } catch {
            const { resourceVersion = '' } = (await real.get(patch))?.metadata ?? {};
            return await real.patchMetadata({ ...patch, resourceVersion });
          }
        },
      })),
    scenario: 'two processes lead',
    oracles: ['at-most-one'],
  },
  {
    name: 'an order leaves however long ago it was written',
    plant: () => onWire(async ({ maySend: _maySend, ...request }, send) => await send(request)),
    scenario: 'two processes lead, one stands still between writing the order and sending it',
    oracles: ['at-most-one'],
  },
  {
    name: 'no cap is sent',
    plant: () => changingBody(({ maxPrice: _maxPrice, ...pod }) => pod),
    scenario: 'a calm life',
    oracles: ['cap'],
  },
  {
    name: 'the cap that is sent is above that of the spec',
    plant: () => changingBody((pod) => ({ ...pod, maxPrice: pod.maxPrice + 1 })),
    scenario: 'a calm life',
    oracles: ['cap'],
  },
  {
    name: 'an unknown outcome is taken as a refusal, and the next offer is tried',
    plant: () =>
      atProvider((real) => ({
        createPod: async (request, options) => {
          const outcome = await real.createPod(request, options);
          return outcome.kind === 'unknown'
            ? {
                kind: 'refused',
                reason: 'NoCapacity',
                scope: 'offer',
                isProven: false,
                message: outcome.message,
                httpStatus: 400,
              }
            : outcome;
        },
      })),
    scenario: 'the answer to the order is lost, lists hide the pod for 80 s',
    oracles: ['at-most-one'],
  },
  {
    name: 'a 5xx is taken as a refusal',
    plant: () =>
      onWire(async (request, send) => {
        const exchange = await send(request);
        return isCreate(request) && exchange.kind === 'reply' && exchange.status >= 500
          ? { ...exchange, status: 400, text: '{"detail":"The selected offer is no longer available"}' }
          : exchange;
      }),
    scenario: 'the order is answered 500 but done, lists hide the pod for 80 s',
    oracles: ['at-most-one'],
  },
  {
    name: 'the second page of the list is not read',
    plant: () =>
      onWire(async (request, send) => {
        const exchange = await send(request);
        if (!isList(request) || exchange.kind !== 'reply') return exchange;
        const offset = Number(new URL(request.url).searchParams.get('offset'));
        return { ...exchange, text: withoutSecondPage(exchange.text, offset) };
      }),
    scenario: 'the answer to the order is lost, the list has two pages',
    oracles: ['at-most-one'],
  },
  {
    name: 'a list that failed is taken as an empty one',
    plant: () =>
      onWire(async (request, send) => {
        const exchange = await send(request);
        return isList(request) && exchange.kind === 'reply' && exchange.status >= 500
          ? { ...exchange, status: 200, text: NO_PODS }
          : exchange;
      }),
    scenario: 'the answer to the order is lost, lists fail for 5 min',
    oracles: ['at-most-one'],
  },
  {
    name: 'one list without the pod proves that there is none',
    plant: () => ({ plan: (real) => (known) => real(absentAtOnce(known)) }),
    scenario: 'the answer to the order is lost, lists hide the pod for 80 s',
    oracles: ['at-most-one'],
  },
  {
    name: 'the age of an order is taken from the clock of the machine that wrote it',
    plant: () => ({ plan: (real) => (known) => real(absentByWallClock(known)) }),
    scenario: 'the process dies as the order leaves, the next one has a clock an hour ahead',
    oracles: ['at-most-one'],
  },
  {
    name: 'a failed write of the pod id is swallowed, and the order counts as settled',
    plant: swallowingPodId,
    scenario: 'the write of the pod id fails, lists hide the pod for 80 s',
    oracles: ['at-most-one'],
  },
  {
    name: 'a stray is left alone',
    plant: () => ({
      plan: (real) => (known) => real({ ...known, memory: { ...known.memory, strays: {} } }),
    }),
    scenario: 'the answer to the order is lost, lists hide the pod for 5 min',
    oracles: ['at-most-one', 'billable'],
  },
];

function changingBody(change: (pod: CreatePodRequest['pod']) => object): Plant {
  return onWire(async (request, send) => {
    if (!isCreate(request) || request.body === undefined) return await send(request);
    const body = JSON.parse(request.body) as CreatePodRequest;
    return await send({ ...request, body: JSON.stringify({ ...body, pod: change(body.pod) }) });
  });
}

/** As if the list were its first 100 rows: pages that begin among them end with them. An answer of another shape stays. */
function withoutSecondPage(text: string, offset: number): string {
  const page = JSON.parse(text) as { readonly data?: readonly unknown[] };
  const data = page.data?.slice(0, Math.max(0, 100 - offset));
  return data === undefined ? text : JSON.stringify({ ...page, data, total_count: offset + data.length });
}

function absentAtOnce(known: Knowledge): Knowledge {
  const { order } = known.memory;
  const isListed = (order?.absences ?? 0) > 0;
  return order === undefined || !isListed ? known : provenAbsent(known);
}

function absentByWallClock(known: Knowledge): Knowledge {
  const order = openOrder(known);
  const isOld =
    order.kind === 'open' && known.now.wallMs - Date.parse(order.intent.startedAt) > known.windows.settleMs;
  return isOld ? provenAbsent(known) : known;
}

function provenAbsent(known: Knowledge): Knowledge {
  const { order } = known.memory;
  return order === undefined
    ? known
    : { ...known, memory: { ...known.memory, order: { ...order, absences: 3, lastAbsenceAtMs: Infinity } } };
}

/** The error is caught, told nobody, and the order is believed to have its outcome. */
function swallowingPodId(): Plant {
  const swallowed = new Set<string>();
  return {
    ...atCluster((real) => ({
      replaceStatus: async (object) => {
        try {
          return await real.replaceStatus(object);
        } catch (error) {
          const held = podIdIn(object) === undefined ? undefined : await real.get(object.metadata);
          if (held === undefined) throw error;
          swallowed.add(podNameIn(object) ?? '');
          return { ...held, status: statusIn(object) };
        }
      },
    })),
    plan: (real) => (known) => real(asSettled(known, swallowed)),
  };
}

function asSettled(known: Knowledge, podNames: ReadonlySet<string>): Knowledge {
  const { intent, gpuPod } = known;
  const isOpen = gpuPod.status.podId === undefined && intent.kind === 'read';
  if (!isOpen || !podNames.has(intent.intent.name)) return known;
  const { order: _order, unbound: _unbound, ...memory } = known.memory;
  const attempts = withAttempt(gpuPod.status, intent.intent.attempt, { outcome: 'Ended' });
  return { ...known, memory, gpuPod: { ...gpuPod, status: { ...gpuPod.status, attempts } } };
}
