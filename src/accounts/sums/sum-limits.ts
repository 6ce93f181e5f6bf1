import { mayBeOfNamespace } from '../../lifecycle/pod-name.ts';
import type { MicroUsd } from '../../offers/money.ts';
import type { Owner } from './stated.ts';

/** Limits on sums over instances, and how the sums are formed. Pure functions. */

/** The instances that a limit is about. Without an account: all of the installation. */
export interface Scope {
  readonly account?: string;
  /** The user of that account, to whom instances without a known GpuPod are assigned. */
  readonly userId?: string | undefined;
  readonly namespace?: string;
  /** What an instance counts that may cost anything, in micro-dollars per hour: so much that nothing fits beside it. */
  readonly unknownPrice?: MicroUsd | undefined;
}

/** A limit on a sum over instances. Absent figures are not limited. */
export interface SumLimit {
  readonly scope: Scope;
  readonly micros?: MicroUsd | undefined;
  readonly instances?: number | undefined;
  readonly gpus?: number | undefined;
}

export interface Totals {
  readonly micros: MicroUsd;
  readonly instances: number;
  readonly gpus: number;
}

/** What an instance costs, as far as it is known. */
export interface Cost {
  readonly micros: MicroUsd;
  /** It may cost anything. */
  readonly isPriceUnknown?: true;
}

/** What one GpuPod, reservation or instance counts. */
export interface Counted extends Totals, Cost {
  readonly owner: Owner | undefined;
  readonly userId?: string | undefined;
  readonly podName?: string | undefined;
  /** Whom a create intent names that nothing else confirms: it counts for this account besides. */
  readonly statedOwner?: Owner | undefined;
}

export const NOTHING: Totals = { micros: 0, instances: 0, gpus: 0 };

/** Whether a limit leaves room for another instance. */
export function fits({ micros, instances, gpus }: SumLimit, counted: Totals, added: Totals): boolean {
  return (
    isBelow(counted.micros + added.micros, micros) &&
    isBelow(counted.instances + added.instances, instances) &&
    isBelow(counted.gpus + added.gpus, gpus)
  );
}

function isBelow(sum: number, limit: number | undefined): boolean {
  return limit === undefined || sum <= limit;
}

/**
 * An instance without a known GpuPod counts for every account of its user, because any of them may have paid, and for
 * every namespace that its name allows.
 */
export function isIn({ account, userId, namespace }: Scope, counted: Counted): boolean {
  if (account === undefined) {
    return true;
  }
  const { owner, podName, statedOwner } = counted;
  if (owner !== undefined) {
    return isOf(owner, account, namespace);
  }
  const mayBeHere = namespace === undefined || mayBeOfNamespace(podName, namespace);
  return (
    (mayBeHere && counted.userId === userId) ||
    (statedOwner !== undefined && isOf(statedOwner, account, namespace))
  );
}

function isOf(owner: Owner, account: string, namespace: string | undefined): boolean {
  return owner.account === account && (namespace === undefined || owner.namespace === namespace);
}
