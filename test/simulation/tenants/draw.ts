import { DONE_BUT_UNKNOWN, LAGS_MS, NOT_DONE, READS, SINGLE_POD } from '../provider-faults.ts';
import { drawsOf } from '../random-run/draws.ts';
import type { Draws } from '../random-run/draws.ts';
import { describeFault } from '../random-run/plan.ts';
import { CALL_FAULT_NAMES, drawCallFaults } from '../random-run/planned-fault.ts';
import type { PlannedFault } from '../random-run/planned-fault.ts';
import { ACCOUNT_ACTIONS } from './account-actions.ts';
import { drawAccounts, drawGpuPods, drawNamespaces, drawReference } from './draw-cast.ts';
import type { PlannedAccount, PlannedGpuPod, PlannedNamespace } from './planned.ts';
import { GOING_ACTIONS, moveTo, secondDefault, TENANT_ACTIONS, unlabelled } from './tenant-actions.ts';

/** The plan of one random run with tenants, drawn from its seed. */
export interface TenantPlan {
  readonly seed: number;
  readonly namespaces: readonly PlannedNamespace[];
  readonly accounts: readonly PlannedAccount[];
  readonly gpuPods: readonly PlannedGpuPod[];
  readonly lagMs: number;
  readonly watchDelayMs: number;
  readonly restartMs: number;
  readonly isForceful: boolean;
  readonly concurrency: number;
  /** Faults while the GpuPods come, and while they go. Calls are counted from the start of each. */
  readonly coming: readonly PlannedFault[];
  readonly going: readonly PlannedFault[];
}

/** Far from the streams of the other random run. */
const TENANT_STREAM = 2_000_000_011;
/** About how many calls a GpuPod makes, without the reads of the Secrets of accounts. */
const CALLS = { coming: 30, going: 8 };

/** Draws a plan. The same seed gives the same plan. */
export function drawTenants(seed: number): TenantPlan {
  const draws = drawsOf(seed + TENANT_STREAM);
  const { below, pick } = draws;
  const namespaces = drawNamespaces(draws);
  const accounts = drawAccounts(draws, namespaces);
  const gpuPods = drawGpuPods(draws, namespaces);
  const isForceful = below(2) === 0;
  const world = { namespaces, accounts, gpuPods };
  return {
    seed,
    ...world,
    isForceful,
    lagMs: pick([0, 0, ...LAGS_MS]),
    watchDelayMs: pick([5, 20, 500, 4_000]),
    restartMs: pick([1_000, 17_000, 60_000, 10 * 60_000]),
    concurrency: pick([4, 8, 16]),
    coming: drawFaults(draws, world, gpuPods.length * CALLS.coming, { isForceful, actions: TENANT_ACTIONS }),
    going: drawFaults(draws, world, gpuPods.length * CALLS.going, { isForceful, actions: GOING_ACTIONS }),
  };
}

type Cast = Pick<TenantPlan, 'namespaces' | 'accounts' | 'gpuPods'>;

function drawFaults(
  draws: Draws,
  { namespaces, accounts, gpuPods }: Cast,
  calls: number,
  { isForceful, actions }: { readonly isForceful: boolean; readonly actions: typeof TENANT_ACTIONS },
): readonly PlannedFault[] {
  const { below, pick } = draws;
  const some = (most: number, draw: () => PlannedFault): readonly PlannedFault[] =>
    Array.from({ length: below(most + 1) }, draw);
  return [
    ...some(6, () => {
      const [name, rule] = pick(PROVIDER_FAULTS);
      return { what: 'provider', name, rule: { ...rule, after: below(20) } };
    }),
    ...drawCallFaults(draws, { calls, crashes: 4, some }),
    ...some(8, () => {
      const [name, action] = pick(Object.entries(actions));
      const { namespace, name: target } = pick(gpuPods);
      return { what: 'action', name, at: below(calls), action, target: `${namespace}/${target}` };
    }),
    ...some(8, () => {
      const [name, act] = pick(Object.entries(ACCOUNT_ACTIONS));
      const account = pick(accounts);
      const target = `${account.namespace ?? ''}/${account.name}`;
      const action = (simulation: Parameters<typeof act>[0]): void => {
        act(simulation, account);
      };
      return { what: 'action', name, at: below(calls), action, target };
    }),
    // Only where sweeps end orphans: after a restart nobody waits for what a former account still has. See
    // docs/how-to/accounts.md, "Limits of this version".
    ...some(isForceful ? 3 : 0, () => {
      const { namespace, name } = pick(gpuPods);
      const accountRef = drawReference({ below, pick });
      return {
        what: 'action',
        name: MOVED,
        at: below(calls),
        action: moveTo(accountRef),
        target: `${namespace}/${name}`,
      };
    }),
    ...some(1, () => {
      const { name, labels } = pick(namespaces);
      return {
        what: 'action',
        name: UNLABELLED,
        at: below(calls),
        action: unlabelled(name, labels),
        target: name,
      };
    }),
    ...some(1, () => ({
      what: 'action',
      name: SECOND_DEFAULT,
      at: below(calls),
      action: secondDefault,
      target: '',
    })),
  ];
}

const MOVED = 'moved to another account';
const UNLABELLED = 'namespace unlabelled for 4 min';
const SECOND_DEFAULT = 'a second default account for 3 min';
const PROVIDER_FAULTS = Object.entries({ ...DONE_BUT_UNKNOWN, ...NOT_DONE, ...READS, ...SINGLE_POD });

/** The names of all faults that a plan may contain, to check that each occurred. */
export function tenantFaultNames(): readonly string[] {
  return [
    ...PROVIDER_FAULTS.map(([name]) => name),
    ...CALL_FAULT_NAMES,
    ...Object.keys({ ...TENANT_ACTIONS, ...ACCOUNT_ACTIONS }),
    MOVED,
    UNLABELLED,
    SECOND_DEFAULT,
  ];
}

export function describeTenants({ seed, coming, going, ...world }: TenantPlan): readonly string[] {
  return [
    `tenants of seed ${String(seed)} ${JSON.stringify(world)}`,
    ...coming.map((fault) => `coming: ${describeFault(fault)}`),
    ...going.map((fault) => `going: ${describeFault(fault)}`),
  ];
}
