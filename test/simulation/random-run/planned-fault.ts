import type { FaultRuleInput } from '../../../src/simulator/faults/effect.ts';
import type { CallFault, Moment } from '../boundary.ts';
import { CLUSTER_FAULTS } from '../cluster-faults.ts';
import type { Action } from '../people.ts';
import type { Draws } from './draws.ts';

/** A fault in one phase of a random run. Calls are counted from the start of the phase. */
export type PlannedFault =
  | { readonly what: 'provider'; readonly name: string; readonly rule: FaultRuleInput }
  | { readonly what: 'call'; readonly name: string; readonly at: number; readonly callFault: CallFault }
  | {
      readonly what: 'action';
      readonly name: string;
      readonly at: number;
      readonly action: Action;
      readonly target: string;
    };

const MOMENTS: readonly Moment[] = ['before', 'sent', 'after'];
const FREEZE_MS = 45_000;

/** The names of all faults that `drawCallFaults` draws. */
export const CALL_FAULT_NAMES: readonly string[] = [
  ...MOMENTS.map((moment) => `crash ${moment}`),
  'two operators',
  ...Object.keys(CLUSTER_FAULTS),
];

interface CallFaultsSize {
  readonly calls: number;
  /** At most so many. */
  readonly crashes: number;
  /** Draws a number up to this one, and then as many faults. */
  readonly some: (most: number, draw: () => PlannedFault) => readonly PlannedFault[];
}

/** Crashes, a second process that leads, and faults of the API server. The order of the draws decides what a seed means. */
export function drawCallFaults(
  { below, pick }: Draws,
  { calls, crashes, some }: CallFaultsSize,
): readonly PlannedFault[] {
  return [
    ...some(crashes, () => {
      const moment = pick(MOMENTS);
      return {
        what: 'call',
        name: `crash ${moment}`,
        at: below(calls),
        callFault: { kind: 'crash', moment },
      };
    }),
    ...some(1, () => ({
      what: 'call',
      name: 'two operators',
      at: below(calls),
      callFault: { kind: 'freeze', moment: pick(['before', 'sent'] as const), ms: FREEZE_MS },
    })),
    ...some(8, () => {
      const [name, callFault] = pick(Object.entries(CLUSTER_FAULTS));
      return { what: 'call', name, at: below(calls), callFault };
    }),
  ];
}
