import type { HousekeepingParts } from '../../accounts/housekeeping.ts';
import { KeyUse } from '../../accounts/keys/key-use.ts';
import { AccountRegistry } from '../../accounts/registry.ts';
import type { RecordProofs } from '../../accounts/sums/recorded-figures.ts';
import { Reservations } from '../../accounts/sums/reservations.ts';
import { SharedReads } from '../../kubernetes/client/shared-reads.ts';
import type { Secret } from '../../kubernetes/client/secrets-client.ts';
import { nextStep } from '../../lifecycle/next-step.ts';
import { Adoptions } from './installation/adoptions.ts';
import { hasProvenIntent, hasProvenStatus } from './installation/id-proofs.ts';
import type { Context, Shared } from './context.ts';
import { CreateFence } from './create-fence.ts';
import type { GpuPodOptions } from './gpu-pod-options.ts';
import { recordKeys } from './installation/installation.ts';
import type { Installation } from './installation/installation.ts';
import { LeftInstances } from './sweeps/left-instances.ts';
import type { LeftInstancesOptions } from './sweeps/left-instances.ts';
import type { Lanes } from './lanes.ts';
import { LocalStates } from './local-states.ts';
import type { Loops } from './loops.ts';
import { Payers } from './accounts/payers.ts';
import { statedPayers } from './accounts/stated-payers.ts';
import type { SecretApi } from './ports.ts';
import { Probes } from './probes.ts';
import { RetainedInstances } from './sweeps/retained-instances.ts';
import { RetainedUpkeep } from './sweeps/retained-upkeep.ts';
import { ownSession } from './accounts/sessions.ts';
import { Slots } from './slots.ts';
import { SshKeySweep } from './sweeps/ssh-key-sweep.ts';
import { StatusFidelity } from './status-fidelity.ts';
import { Sweep } from './sweeps/sweep.ts';
import type { SweepOptions } from './sweeps/sweep.ts';

export interface Assembled {
  readonly shared: Shared;
  readonly probes: Probes | undefined;
  readonly accounts: AccountRegistry;
  readonly payers: Payers;
  readonly reservations: Reservations;
}

/** Builds what the GpuPods of one installation share. It sends nothing. */
export function assemble(
  options: GpuPodOptions,
  installation: Installation,
  lanes: Lanes,
  loops: Loops,
): Assembled {
  const { clock, log, timings, cluster, observer } = options;
  const enqueue = (key: string): void => {
    loops.enqueue(key);
  };
  const retained = new RetainedInstances(cluster.configMaps, options.namespace);
  const keyUse = new KeyUse({
    clock,
    graceMs: timings.sweepMs,
    mayHaveKeys: installation.mayHaveKeys,
    record: async () => {
      await recordKeys({ configMaps: cluster.configMaps, namespace: options.namespace });
    },
  });
  const slots = (size: number): Slots =>
    new Slots(size, {
      onCalled: enqueue,
      perAccount: lanes.slotsPerAccount,
      spared: options.accounts === undefined ? 0 : lanes.slotsPerAccount,
    });
  const probes = probesOf(options, enqueue);
  const shared: Shared = {
    clock,
    log,
    plan: options.plan ?? nextStep,
    timings,
    policy: options.policy,
    installation: installation.id,
    identity: options.identity,
    ...cluster,
    secrets: withSharedReads(cluster.secrets),
    fidelity: new StatusFidelity(log, cluster.events, options.crdProblem),
    adoptions: new Adoptions({ ...cluster, retained, proofKey: installation.proofKey }),
    localStates: new LocalStates(),
    retained,
    probes,
    createFence: new CreateFence(timings),
    keyUse,
    protectAccount: loops.protectAccount,
    onCreateAnswered: (account, kind) => observer?.onCreateAnswered?.(account, kind),
    sweepSshKeys: () => {
      loops.sweepSshKeys();
    },
    proofKey: installation.proofKey,
    createSlots: slots(lanes.createSlots),
    keySlots: slots(lanes.keySlots),
    readSlots: slots(lanes.readSlots),
    isLeaseFresh: options.isLeaseFresh,
    isStopping: () => loops.isStopping(),
  };
  const { policy, accounts: served } = options;
  const reservations = new Reservations({
    view: cluster.view,
    clock,
    timings,
    installation: installation.id,
    // Without a ceiling the instance may cost anything, so the limit leaves no room beside it.
    assumedPrice: policy.maxPriceCeiling ?? policy.maxTotalPricePerHour,
    expected: () => payers.expectedLists(),
    payers: statedPayers(policy, served?.views),
    proofs: proofsOf(installation),
  });
  const accounts = new AccountRegistry(ownSession(options, installation, loops, { reservations, keyUse }));
  const { localStates } = shared;
  const payers: Payers = new Payers({ registry: accounts, policy, localStates, views: served?.views });
  return { shared, probes, accounts, payers, reservations };
}

function proofsOf({ proofKey }: Installation): RecordProofs | undefined {
  return proofKey === undefined
    ? undefined
    : {
        isStatusProven: (gpuPod) => hasProvenStatus({ proofKey }, gpuPod),
        isIntentProven: (gpuPod) => hasProvenIntent(proofKey, gpuPod),
      };
}

/** The GpuPods of a burst often name the same Secret. */
function withSharedReads(secrets: SecretApi): SecretApi {
  const reads = new SharedReads<Secret | undefined>();
  return {
    get: async (target) =>
      await reads.read(`${target.namespace ?? ''}/${target.name}`, async () => await secrets.get(target)),
    create: async (namespace, object) => await secrets.create(namespace, object),
    replace: async (object) => await secrets.replace(object),
    delete: async (target, options) => await secrets.delete(target, options),
  };
}

function probesOf(
  { clock, log, prober, observer }: GpuPodOptions,
  enqueue: (key: string) => void,
): Probes | undefined {
  return prober === undefined
    ? undefined
    : new Probes({
        clock,
        log,
        prober,
        onProbed: (key, answer) => {
          observer?.onProbed?.(answer);
          enqueue(key);
        },
      });
}

/** Builds what runs after each complete list of a session: the sweep, and the upkeep of the retained list. */
export function afterLists(
  context: Context,
  installation: Installation,
  {
    orphanPolicy,
    onCounted,
    actsElsewhere,
  }: Pick<GpuPodOptions, 'orphanPolicy'> & Pick<SweepOptions, 'onCounted'> & LeftInstancesOptions,
  enqueue: (key: string) => void,
): Pick<HousekeepingParts, 'sweep' | 'upkeep' | 'keySweep' | 'keyUse'> {
  const sweep = new Sweep(context, {
    policy: installation.clonedFrom === undefined ? orphanPolicy : 'Report',
    idDoubt: installation.idDoubt,
    installedAt: installation.createdAt,
    enqueue,
    left: new LeftInstances(context, { actsElsewhere }),
    ...(onCounted === undefined ? {} : { onCounted }),
  });
  const keySweep = new SshKeySweep(context, {
    isClone: installation.clonedFrom !== undefined,
    idDoubt: installation.idDoubt,
  });
  return { sweep, upkeep: new RetainedUpkeep(context), keySweep, keyUse: context.keyUse };
}
