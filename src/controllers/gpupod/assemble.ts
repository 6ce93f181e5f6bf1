import { AccountRegistry } from '../../accounts/registry.ts';
import { createSession } from '../../accounts/session.ts';
import type { AccountSession } from '../../accounts/session.ts';
import { nextStep } from '../../lifecycle/next-step.ts';
import type { Policy } from '../../lifecycle/settings.ts';
import { Adoptions } from './adoptions.ts';
import type { Context, Shared } from './context.ts';
import { CreateFence } from './create-fence.ts';
import type { GpuPodOptions } from './gpu-pod-options.ts';
import { recordAccount } from './installation.ts';
import type { Installation } from './installation.ts';
import type { Lanes } from './lanes.ts';
import { LocalStates } from './local-states.ts';
import { RetainedInstances } from './retained-instances.ts';
import { RetainedUpkeep } from './retained-upkeep.ts';
import { Slots } from './slots.ts';
import { StatusFidelity } from './status-fidelity.ts';
import { Sweep } from './sweep.ts';

/** What the parts need from the loops that run them. */
export interface Loops {
  enqueue(key: string): void;
  enqueueAll(): void;
  /** Requests an inventory of the account in `inMs` milliseconds, or at the scheduled time if that is earlier. */
  scheduleInventory(account: string, inMs: number): void;
  /** The identity of the account became known or changed, so its tasks that wait for that run. */
  wake(account: string): void;
  isStopping(): boolean;
}

export interface Assembled {
  readonly shared: Shared;
  readonly accounts: AccountRegistry;
}

/** Name of the account behind the operator's own key. */
const OWN_ACCOUNT = 'operator';

/** Builds what the GpuPods of one installation share. It sends nothing. */
export function assemble(
  options: GpuPodOptions,
  installation: Installation,
  lanes: Lanes,
  loops: Loops,
): Assembled {
  const { clock, log, timings, cluster } = options;
  const enqueue = (key: string): void => {
    loops.enqueue(key);
  };
  const retained = new RetainedInstances(cluster.configMaps, options.namespace);
  const shared: Shared = {
    clock,
    log,
    plan: options.plan ?? nextStep,
    timings,
    policy: options.policy,
    installation: installation.id,
    identity: options.identity,
    ...cluster,
    fidelity: new StatusFidelity(log, cluster.events, options.crdProblem),
    adoptions: new Adoptions({ ...cluster, retained, proofKey: installation.proofKey }),
    localStates: new LocalStates(),
    retained,
    createFence: new CreateFence(timings),
    proofKey: installation.proofKey,
    createSlots: new Slots(lanes.createSlots, enqueue),
    readSlots: new Slots(lanes.readSlots, enqueue),
    isLeaseFresh: options.isLeaseFresh,
    isStopping: () => loops.isStopping(),
  };
  return { shared, accounts: new AccountRegistry(ownSession(options, installation, loops)) };
}

/** The session of the operator's own key. Its account is recorded with the installation. */
function ownSession(options: GpuPodOptions, installation: Installation, loops: Loops): AccountSession {
  const { account, cluster, namespace, policy, observer } = options;
  const { proofKey } = installation;
  return createSession(
    {
      name: OWN_ACCOUNT,
      provider: options.provider,
      takeCreateTurn: options.takeCreateTurn,
      clock: options.clock,
      log: options.log,
      timings: options.timings,
      cooldownScale: options.cooldownScale,
      installation: installation.id,
      gpuPods: cluster.view,
      teamIds: knownTeams(policy),
      // Without a ceiling the instance may cost anything, so the limit leaves no room beside it.
      assumedPrice: policy.maxPriceCeiling ?? policy.maxTotalPricePerHour ?? 0,
      identity: {
        keyVersion: account.keyVersion,
        origin: account.origin,
        recorded: installation.account,
        recordedKey: installation.keyFingerprint,
        fingerprint: () => (proofKey === undefined ? undefined : account.keyFingerprint?.(proofKey)),
        former: installation.formerAccount,
        clonedFrom: installation.clonedFrom,
        acceptAccount: account.accept,
        record: async (recorded) => {
          await recordAccount({ configMaps: cluster.configMaps, namespace }, recorded);
        },
      },
      onListed: observer?.onListed?.bind(observer),
      onOfferFailed: observer?.onOfferFailed?.bind(observer),
    },
    {
      enqueue: (key) => {
        loops.enqueue(key);
      },
      enqueueAll: () => {
        loops.enqueueAll();
      },
      scheduleInventory: (inMs) => {
        loops.scheduleInventory(OWN_ACCOUNT, inMs);
      },
      wake: () => {
        loops.wake(OWN_ACCOUNT);
      },
    },
  );
}

/** Builds what runs after each complete list of a session: the sweep, and the upkeep of the retained list. */
export function afterLists(
  context: Context,
  installation: Installation,
  { orphanPolicy, observer }: Pick<GpuPodOptions, 'orphanPolicy' | 'observer'>,
  enqueue: (key: string) => void,
): { readonly sweep: Sweep; readonly upkeep: RetainedUpkeep } {
  const sweep = new Sweep(context, {
    policy: installation.clonedFrom === undefined ? orphanPolicy : 'Report',
    idDoubt: installation.idDoubt,
    installedAt: installation.createdAt,
    enqueue,
    ...(observer?.onSwept === undefined ? {} : { onCounted: observer.onSwept.bind(observer) }),
  });
  return { sweep, upkeep: new RetainedUpkeep(context) };
}

/** Teams whose instances this operator may have rented. */
function knownTeams({ defaultTeamId, allowedTeamIds }: Policy): readonly string[] {
  return [...new Set([...(defaultTeamId === undefined ? [] : [defaultTeamId]), ...allowedTeamIds])];
}
