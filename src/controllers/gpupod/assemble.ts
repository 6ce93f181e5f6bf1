import { nextStep } from '../../lifecycle/next-step.ts';
import type { Policy } from '../../lifecycle/settings.ts';
import { gpuTypeOf, upstreamOf } from '../../offers/offer-key.ts';
import { isSurelyOurs, mayAsk, namedAccounts, noteOwnPods } from '../../accounts/account-evidence.ts';
import { AccountWatch } from '../../accounts/account-watch.ts';
import { Adoptions } from './adoptions.ts';
import { CircuitBreakers } from '../../accounts/circuit-breakers.ts';
import type { Context } from './context.ts';
import { Cooldowns } from '../../accounts/cooldowns.ts';
import { CreateFence } from './create-fence.ts';
import type { GpuPodOptions } from './gpu-pod-options.ts';
import type { HousekeepingParts } from '../../accounts/housekeeping.ts';
import { recordAccount } from './installation.ts';
import type { Installation } from './installation.ts';
import { Inventory } from '../../accounts/inventory.ts';
import { KeyTrouble } from '../../accounts/key-trouble.ts';
import type { Lanes } from './lanes.ts';
import { createListReporter } from '../../accounts/list-reports.ts';
import { LocalStates } from './local-states.ts';
import { InstancePoller } from '../../accounts/instance-poller.ts';
import { ProviderHealth } from '../../accounts/provider-health.ts';
import { Reservations } from '../../accounts/reservations.ts';
import { RetainedInstances } from './retained-instances.ts';
import { RetainedUpkeep } from './retained-upkeep.ts';
import { Slots } from './slots.ts';
import { StatusFidelity } from './status-fidelity.ts';
import { Sweep } from './sweep.ts';
import { VanishedInstances } from '../../accounts/vanished-instances.ts';

/** What the parts need from the loops that run them. */
export interface Loops {
  enqueue(key: string): void;
  enqueueAll(): void;
  /** Requests an inventory in `inMs` milliseconds, or at the scheduled time if that is earlier. */
  scheduleInventory(inMs: number): void;
  /** The account became known or changed, so the tasks that wait for it run. */
  wake(): void;
  isStopping(): boolean;
}

export interface Assembled {
  readonly context: Context;
  readonly parts: HousekeepingParts;
}

/** Builds what the GpuPods of one installation share. It sends nothing. */
export function assemble(
  options: GpuPodOptions,
  installation: Installation,
  lanes: Lanes,
  loops: Loops,
): Assembled {
  const { clock, log, timings, policy, cluster, provider, cooldownScale, observer } = options;
  const enqueue = (key: string): void => {
    loops.enqueue(key);
  };
  const circuitBreakers = new CircuitBreakers(clock, cooldownScale, (keys) => {
    keys.forEach(enqueue);
  });
  const health = new ProviderHealth(
    clock,
    timings.quietFailureMs,
    () => loops.enqueueAll(),
    new KeyTrouble(log),
  );
  const account = watchAccount(options, installation, () => {
    circuitBreakers.resetAll();
    loops.wake();
    loops.enqueueAll();
  });
  const vanished = new VanishedInstances(clock, timings.massAbsenceMs);
  const poller = new InstancePoller({ provider, clock, timings, health, vanished, onChange: enqueue });
  const reservations = new Reservations({
    view: cluster.view,
    clock,
    timings,
    installation: installation.id,
    // Without a ceiling the instance may cost anything, so the limit leaves no room beside it.
    assumedPrice: policy.maxPriceCeiling ?? policy.maxTotalPricePerHour ?? 0,
  });
  const inventory = new Inventory({
    provider,
    clock,
    teamIds: () => knownTeams(policy),
    isTrusted: () => mayAsk(account.state),
    isBound: (podId) => poller.isFollowed(podId),
    onList: (result, complete) => {
      noteOwnPods(account, { ...result, installation: installation.id });
      if (isSurelyOurs(account.state, result.beganAtMs)) {
        reservations.takeInventory(result, complete);
      }
      poller.takeList(result, complete);
    },
    report: createListReporter(log, observer?.onListed?.bind(observer)),
    quietFailureMs: timings.quietFailureMs,
    onReady: enqueue,
    schedule: (inMs) => {
      loops.scheduleInventory(inMs);
    },
    minGapMs: timings.busyPollMs / 5,
  });
  const retained = new RetainedInstances(cluster.configMaps, options.namespace);
  const context: Context = {
    plan: nextStep,
    ...options,
    ...cluster,
    installation: installation.id,
    proofKey: installation.proofKey,
    account,
    circuitBreakers,
    cooldowns: new Cooldowns(clock, cooldownScale, (reason, key) => {
      observer?.onOfferFailed?.({ provider: upstreamOf(key), gpuType: gpuTypeOf(key), reason });
    }),
    reservations,
    fidelity: new StatusFidelity(log, cluster.events, options.crdProblem),
    adoptions: new Adoptions({ ...cluster, retained, proofKey: installation.proofKey }),
    localStates: new LocalStates(),
    poller,
    inventory,
    health,
    vanished,
    retained,
    createFence: new CreateFence(timings),
    createSlots: new Slots(lanes.createSlots, enqueue),
    readSlots: new Slots(lanes.readSlots, enqueue),
    isStopping: () => loops.isStopping(),
  };
  const sweep = new Sweep(context, {
    policy: installation.clonedFrom === undefined ? options.orphanPolicy : 'Report',
    idDoubt: installation.idDoubt,
    installedAt: installation.createdAt,
    enqueue,
    ...(observer?.onSwept === undefined ? {} : { onCounted: observer.onSwept.bind(observer) }),
  });
  return {
    context,
    parts: { account, poller, inventory, sweep, upkeep: new RetainedUpkeep(context), health },
  };
}

function watchAccount(
  { account, provider, cluster, namespace, clock, log, timings }: GpuPodOptions,
  installation: Installation,
  onChange: () => void,
): AccountWatch {
  return new AccountWatch({
    provider,
    clock,
    log,
    askAgainMs: timings.sweepMs,
    keyVersion: account.keyVersion,
    origin: account.origin,
    recorded: installation.account,
    recordedKey: installation.keyFingerprint,
    fingerprint: () =>
      installation.proofKey === undefined ? undefined : account.keyFingerprint?.(installation.proofKey),
    former: installation.formerAccount,
    named: () => namedAccounts(cluster.view),
    clonedFrom: installation.clonedFrom,
    acceptAccount: account.accept,
    record: async (recorded) => {
      await recordAccount({ configMaps: cluster.configMaps, namespace }, recorded);
    },
    onChange,
  });
}

/** Teams whose instances this operator may have rented. */
function knownTeams({ defaultTeamId, allowedTeamIds }: Policy): readonly string[] {
  return [...new Set([...(defaultTeamId === undefined ? [] : [defaultTeamId]), ...allowedTeamIds])];
}
