import type { FaultRuleInput } from '../../../src/simulator/faults/effect.ts';
import { plantPod } from '../../../src/simulator/world/plant-pod.ts';
import type { LifeOptions } from '../life.ts';
import { DISTINCT_CRASHES } from '../matrix.ts';
import type { End, Matrix } from '../matrix.ts';
import { TWO_SWEEPS_MS } from '../oracles.ts';
import { DONE_BUT_UNKNOWN, hiddenFor, LAGS_MS, NOT_DONE, READS, SINGLE_POD } from '../provider-faults.ts';
import type { FaultTable } from '../provider-faults.ts';
import { OFFERS } from '../world-offers.ts';

/** What is wrong with the provider in a life. */
interface Condition {
  readonly faults?: readonly FaultRuleInput[];
  readonly options?: LifeOptions;
  /** What else is allowed when the process dies as well. */
  readonly crashed?: LifeOptions;
  readonly end?: End;
}

type Conditions = Readonly<Record<string, Condition>>;

const MINUTE_MS = 60_000;
/** An order whose pod no list shows counts as lost at the earliest after this. */
const SETTLE_MS = 90_000;
const BEYOND_MS = 300_000;
/** What the first sweep showed is forgotten by a process that dies: the two sweeps are those of the next one. */
const SWEEP_FORGOTTEN_MS = 300_000 + 17_000;
const POD_NOT_FOUND = { kind: 'Answer', status: 404, body: { detail: 'Pod not found' } } as const;
const LOST: FaultRuleInput = { method: 'POST', path: '/pods/', times: 1, effect: { kind: 'ResetAfter' } };

function each(table: FaultTable, end: End = 'the same'): Conditions {
  return Object.fromEntries(Object.entries(table).map(([name, rule]) => [name, { faults: [rule], end }]));
}

function hidden(ms: number): FaultRuleInput {
  return { ...hiddenFor(ms), times: 1 };
}

/** The order was carried out, and neither its answer nor, for a while, the lists say so. */
export const ORDERS: Conditions = {
  ...each(DONE_BUT_UNKNOWN),
  ...Object.fromEntries(
    [0, ...LAGS_MS].flatMap((ms) => [
      [`in no list for ${String(ms / 1000)} s`, { faults: [hidden(ms)] }],
      [`create lost, and in no list for ${String(ms / 1000)} s`, { faults: [LOST, hidden(ms)] }],
    ]),
  ),
  'pages shift while they are read, the answer is lost': shiftingPages(3),
  'pages shift back while they are read, the answer is lost': shiftingPages(-3),
  'neither GET nor status know it at first': {
    faults: [
      { method: 'GET', path: '/pods/{id}', times: 3, effect: POD_NOT_FOUND },
      { method: 'GET', path: '/pods/status', times: 3, effect: { kind: 'OmitRows' } },
    ],
  },
  'neither GET nor status nor lists know it at first': {
    faults: [
      { method: 'GET', path: '/pods/{id}', times: 3, effect: POD_NOT_FOUND },
      { method: 'GET', path: '/pods/status', times: 3, effect: { kind: 'OmitRows' } },
      hidden(30_000),
    ],
  },
};

/** Lists hide the pod for longer than the operator takes for granted: two may bill, until the sweeps have found one. */
export const BEYOND: Conditions = {
  'in no list for 300 s': beyond(hidden(BEYOND_MS)),
  // The offer of which no instance was seen is left alone.
  'create lost, and in no list for 300 s': { ...beyond(LOST, hidden(BEYOND_MS)), end: 'another offer' },
};

function beyond(...faults: readonly FaultRuleInput[]): Condition {
  const surplusMs = BEYOND_MS - SETTLE_MS + TWO_SWEEPS_MS;
  return {
    faults,
    options: { surplusMs, silenceMs: 16 * MINUTE_MS },
    crashed: { surplusMs: surplusMs + SWEEP_FORGOTTEN_MS, silenceMs: 22 * MINUTE_MS },
  };
}

/** Every refusal, and machines that come to nothing. */
export const REFUSALS: Conditions = {
  ...each(NOT_DONE, 'another offer'),
  'the machine fails': instance('Error'),
  'the installation fails': instance('InstallFailed'),
  'the machine never starts': instance('StuckProvisioning'),
  'the machine bills more than was allowed': {
    options: {
      offers: OFFERS.map((offer, index) =>
        index === 0 ? { ...offer, market: { createPriceFactor: 4 } } : offer,
      ),
    },
    end: 'another offer',
  },
};

function instance(outcome: 'Error' | 'InstallFailed' | 'StuckProvisioning'): Condition {
  return {
    options: {
      spec: { provisioningTimeout: '2m' },
      provider: { podRules: [{ cloudId: 'n3-H100x1', outcome }] },
      passes: 24,
    },
    end: 'another offer',
  };
}

/** Answers about pods, and to DELETE. */
export const LOOKS: Conditions = {
  ...each(READS),
  ...each(SINGLE_POD),
  'GET shows what has ended': { options: { provider: { afterDelete: 'Terminated' } } },
  'GET shows what has ended for 10 s': {
    options: { provider: { afterDelete: 'Terminated', terminatedVisibleMs: 10_000 } },
  },
};

/** Two pages, of which the second begins elsewhere than it was asked to. */
function shiftingPages(by: number): Condition {
  return {
    faults: [LOST, { method: 'GET', path: '/pods/', times: 6, effect: { kind: 'ShiftPages', by } }],
    options: {
      provider: { listOrder: 'OldestFirst' },
      prepare: ({ api }) => {
        for (let number = 0; number < 96; number += 1) {
          plantPod(api.world, { name: `somebody-${String(number)}` });
        }
      },
    },
  };
}

/** Each condition alone, and with a crash at every point of that life. */
export function withCrashes(conditions: Conditions): readonly Matrix[] {
  return Object.entries(conditions).map(
    ([name, { faults = [], options, crashed = {}, end = 'the same' }]) => ({
      name,
      strikes: DISTINCT_CRASHES.map((crash) => ({ ...crash, options: crashed })),
      end,
      life: () => ({
        ...options,
        prepare: (world) => {
          options?.prepare?.(world);
          for (const rule of faults) world.api.faults.add(rule);
        },
      }),
    }),
  );
}
