import { FINALIZER } from '../../../src/api/common/names.ts';
import { withAttempt } from '../../../src/lifecycle/status/attempts.ts';
import { openIntentOf } from '../../../src/lifecycle/open-intent.ts';
import type { CreateBody } from '../../../src/prime/create-body.ts';
import type { Observation } from '../../../src/lifecycle/observation.ts';
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

/** Bugs between the create intent and its instance. */
export const CREATE_BUGS: readonly PlantedBug[] = [
  {
    name: 'resends the create request when its response is lost',
    plant: () =>
      onWire(async (request, send) => {
        const exchange = await send(request);
        return isCreate(request) && exchange.kind === 'broken' ? await send(request) : exchange;
      }),
    scenario: 'the create response is lost',
    oracles: ['at-most-one'],
  },
  {
    name: 'creates without writing the create intent',
    plant: () =>
      atCluster((real) => ({
        patchMetadata: async (patch) => {
          if (patch.metadata.annotations === undefined) return await real.patchMetadata(patch);
          const held = await real.get(patch);
          if (held === undefined) throw new Error('the object does not exist');
          return held;
        },
      })),
    scenario: 'a calm life',
    oracles: ['written-first'],
  },
  {
    name: 'writes the create intent without the finalizer',
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
    name: 'writes the create intent again after a conflict',
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
    name: 'creates however old the create intent is',
    plant: () => onWire(async ({ maySend: _maySend, ...request }, send) => await send(request)),
    scenario: 'two processes lead, one freezes between the create intent and the request',
    oracles: ['at-most-one'],
  },
  {
    name: 'sends no cap',
    plant: () => changingBody(({ maxPrice: _maxPrice, ...pod }) => pod),
    scenario: 'a calm life',
    oracles: ['cap'],
  },
  {
    name: 'sends a cap above that of the spec',
    plant: () => changingBody((pod) => ({ ...pod, maxPrice: pod.maxPrice + 1 })),
    scenario: 'a calm life',
    oracles: ['cap'],
  },
  {
    name: 'takes an unknown outcome for a refusal',
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
    scenario: 'the create response is lost, lists hide the instance for 80 s',
    oracles: ['at-most-one'],
  },
  {
    name: 'takes a 5xx for a refusal',
    plant: () =>
      onWire(async (request, send) => {
        const exchange = await send(request);
        return isCreate(request) && exchange.kind === 'reply' && exchange.status >= 500
          ? { ...exchange, status: 400, text: '{"detail":"The selected offer is no longer available"}' }
          : exchange;
      }),
    scenario: 'the create request is answered 500 and carried out, lists hide the instance for 80 s',
    oracles: ['at-most-one'],
  },
  {
    name: 'does not read the second page of a list',
    plant: () =>
      onWire(async (request, send) => {
        const exchange = await send(request);
        if (!isList(request) || exchange.kind !== 'reply') return exchange;
        const offset = Number(new URL(request.url).searchParams.get('offset'));
        return { ...exchange, text: withoutSecondPage(exchange.text, offset) };
      }),
    scenario: 'the create response is lost, the list has two pages',
    oracles: ['at-most-one'],
  },
  {
    name: 'takes a failed list for an empty one',
    plant: () =>
      onWire(async (request, send) => {
        const exchange = await send(request);
        return isList(request) && exchange.kind === 'reply' && exchange.status >= 500
          ? { ...exchange, status: 200, text: NO_PODS }
          : exchange;
      }),
    scenario: 'the create response is lost, lists fail for 5 min',
    oracles: ['at-most-one'],
  },
  {
    name: 'takes one list for the proof of an absence',
    plant: () => ({ plan: (real) => (known) => real(absentAtOnce(known)) }),
    scenario: 'the create response is lost, lists hide the instance for 80 s',
    oracles: ['at-most-one'],
  },
  {
    name: 'takes the age of a create intent from the clock of its writer',
    plant: () => ({ plan: (real) => (known) => real(absentByWallClock(known)) }),
    scenario: 'the process dies during the create request, the next one has a clock an hour ahead',
    oracles: ['at-most-one'],
  },
  {
    name: 'ignores that the write of the pod ID failed',
    plant: swallowingPodId,
    scenario: 'the write of the pod ID fails, lists hide the instance for 80 s',
    oracles: ['at-most-one'],
  },
  {
    name: 'leaves a duplicate running',
    plant: () => ({
      plan: (real) => (known) => real({ ...known, localState: { ...known.localState, duplicates: {} } }),
    }),
    scenario: 'the create response is lost, lists hide the instance for 5 min',
    oracles: ['at-most-one', 'billable'],
  },
];

function changingBody(change: (pod: CreateBody['pod']) => object): Plant {
  return onWire(async (request, send) => {
    if (!isCreate(request) || request.body === undefined) return await send(request);
    const body = JSON.parse(request.body) as CreateBody;
    return await send({ ...request, body: JSON.stringify({ ...body, pod: change(body.pod) }) });
  });
}

/**
 * The list as if it had only its first 100 rows: each page ends with them. An answer of another shape is
 * unchanged.
 */
function withoutSecondPage(text: string, offset: number): string {
  const page = JSON.parse(text) as { readonly data?: readonly unknown[] };
  const data = page.data?.slice(0, Math.max(0, 100 - offset));
  return data === undefined ? text : JSON.stringify({ ...page, data, total_count: offset + data.length });
}

function absentAtOnce(known: Observation): Observation {
  const { pendingCreate } = known.localState;
  const isListed = (pendingCreate?.absences ?? 0) > 0;
  return pendingCreate === undefined || !isListed ? known : provenAbsent(known);
}

function absentByWallClock(known: Observation): Observation {
  const pendingCreate = openIntentOf(known);
  const isOld =
    pendingCreate.kind === 'open' &&
    known.now.wallMs - Date.parse(pendingCreate.intent.startedAt) > known.timings.settleMs;
  return isOld ? provenAbsent(known) : known;
}

function provenAbsent(known: Observation): Observation {
  const { pendingCreate } = known.localState;
  return pendingCreate === undefined
    ? known
    : {
        ...known,
        localState: {
          ...known.localState,
          pendingCreate: { ...pendingCreate, absences: 3, lastAbsenceAtMs: Infinity },
        },
      };
}

/** The error is swallowed, and the create intent counts as resolved. */
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

function asSettled(known: Observation, podNames: ReadonlySet<string>): Observation {
  const { intent, gpuPod } = known;
  const isOpen = gpuPod.status.podId === undefined && intent.kind === 'read';
  if (!isOpen || !podNames.has(intent.intent.name)) return known;
  const { pendingCreate: _pendingCreate, unbound: _unbound, ...localState } = known.localState;
  const attempts = withAttempt(gpuPod.status, intent.intent.attempt, { outcome: 'Ended' });
  return { ...known, localState, gpuPod: { ...gpuPod, status: { ...gpuPod.status, attempts } } };
}
