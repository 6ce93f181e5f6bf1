import type { FaultRuleInput } from '../../../src/simulator/faults/effect.ts';
import { plantPod } from '../../../src/simulator/world/plant-pod.ts';
import type { LifeOptions } from '../life.ts';
import { DISTINCT_CRASHES } from '../matrix.ts';
import type { End, Matrix } from '../matrix.ts';
import { TWO_SWEEPS_MS } from '../oracles.ts';
import { DONE_BUT_UNKNOWN, hiddenFor, LAGS_MS, NOT_DONE, READS, SINGLE_POD } from '../provider-faults.ts';
import type { FaultTable } from '../provider-faults.ts';
import { OFFERS } from '../simulation-offers.ts';

/** What is wrong with the provider in a life. */
interface Condition {
  readonly faults?: readonly FaultRuleInput[];
  readonly options?: LifeOptions;
  /** What is also allowed when the process dies. */
  readonly crashed?: LifeOptions;
  readonly end?: End;
}

type Conditions = Readonly<Record<string, Condition>>;

const MINUTE_MS = 60_000;
/** The earliest time after which a create request counts as lost if no list shows its instance. */
const SETTLE_MS = 90_000;
const BEYOND_MS = 300_000;
/** A process that dies loses the result of the first sweep, so the two sweeps are those of its successor. */
const SWEEP_FORGOTTEN_MS = 300_000 + 17_000;
const POD_NOT_FOUND = { kind: 'Answer', status: 404, body: { detail: 'Pod not found' } } as const;
const LOST: FaultRuleInput = { method: 'POST', path: '/pods/', times: 1, effect: { kind: 'ResetAfter' } };

function each(table: FaultTable, end: End = 'the same'): Conditions {
  return Object.fromEntries(Object.entries(table).map(([name, rule]) => [name, { faults: [rule], end }]));
}

function hidden(ms: number): FaultRuleInput {
  return { ...hiddenFor(ms), times: 1 };
}

/** The create request was carried out. Its response does not say so, and neither do the lists for a while. */
export const UNKNOWN_OUTCOMES: Conditions = {
  ...each(DONE_BUT_UNKNOWN),
  ...Object.fromEntries(
    [0, ...LAGS_MS].flatMap((ms) => [
      [`in no list for ${String(ms / 1000)} s`, { faults: [hidden(ms)] }],
      [`create response lost, and in no list for ${String(ms / 1000)} s`, { faults: [LOST, hidden(ms)] }],
    ]),
  ),
  'pages shift while they are read, the answer is lost': shiftingPages(3),
  'pages shift back while they are read, the answer is lost': shiftingPages(-3),
  'neither GET nor status shows it at first': {
    faults: [
      { method: 'GET', path: '/pods/{id}', times: 3, effect: POD_NOT_FOUND },
      { method: 'GET', path: '/pods/status', times: 3, effect: { kind: 'OmitRows' } },
    ],
  },
  'neither GET nor status nor lists show it at first': {
    faults: [
      { method: 'GET', path: '/pods/{id}', times: 3, effect: POD_NOT_FOUND },
      { method: 'GET', path: '/pods/status', times: 3, effect: { kind: 'OmitRows' } },
      hidden(30_000),
    ],
  },
};

/**
 * Lists hide the instance for longer than the assumptions allow. Two may bill until the sweeps have found
 * one.
 */
export const BEYOND: Conditions = {
  'in no list for 300 s': beyond(hidden(BEYOND_MS)),
  // The offer without a visible instance is in a cooldown.
  'create response lost, and in no list for 300 s': {
    ...beyond(LOST, hidden(BEYOND_MS)),
    end: 'another offer',
  },
};

function beyond(...faults: readonly FaultRuleInput[]): Condition {
  const surplusMs = BEYOND_MS - SETTLE_MS + TWO_SWEEPS_MS;
  return {
    faults,
    options: { surplusMs, silenceMs: 16 * MINUTE_MS },
    crashed: { surplusMs: surplusMs + SWEEP_FORGOTTEN_MS, silenceMs: 22 * MINUTE_MS },
  };
}

/** Every refusal, and instances that never become ready. */
export const REFUSALS: Conditions = {
  ...each(NOT_DONE, 'another offer'),
  'the instance fails': instance('Error'),
  'the installation fails': instance('InstallFailed'),
  'the instance never starts': instance('StuckProvisioning'),
  'the instance bills more than the cap': {
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

/** Wrong answers about instances, and to DELETE. */
export const INSTANCE_READS: Conditions = {
  ...each(READS),
  ...each(SINGLE_POD),
  'GET shows a terminated instance': { options: { provider: { afterDelete: 'Terminated' } } },
  'GET shows a terminated instance for 10 s': {
    options: { provider: { afterDelete: 'Terminated', terminatedVisibleMs: 10_000 } },
  },
};

/** Two pages, of which the second begins at another row than requested. */
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
      faults: DISTINCT_CRASHES.map((crash) => ({ ...crash, options: crashed })),
      end,
      life: () => ({
        ...options,
        prepare: (simulation) => {
          options?.prepare?.(simulation);
          for (const rule of faults) simulation.api.faults.add(rule);
        },
      }),
    }),
  );
}
