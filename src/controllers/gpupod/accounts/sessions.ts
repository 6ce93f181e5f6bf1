import type { KeyUse } from '../../../accounts/keys/key-use.ts';
import { logOfAccount } from '../../../accounts/identity/account-log.ts';
import type { Reservations } from '../../../accounts/sums/reservations.ts';
import { createSession } from '../../../accounts/session.ts';
import type { AccountSession, SessionOptions, SessionSignals } from '../../../accounts/session.ts';
import { OWN_ACCOUNT } from '../../../accounts/sums/stated.ts';
import type { Policy } from '../../../lifecycle/settings.ts';
import type { GpuPodOptions } from '../gpu-pod-options.ts';
import { recordAccount } from '../installation/installation.ts';
import type { Installation } from '../installation/installation.ts';
import type { Loops } from '../loops.ts';
import type { SessionParts } from './account-sessions.ts';

/** What all sessions share. */
interface SharedBooks {
  readonly reservations: Reservations;
  readonly keyUse: KeyUse;
}

/** The session of the operator's own key. Its account is recorded with the installation. */
export function ownSession(
  options: GpuPodOptions,
  installation: Installation,
  loops: Loops,
  { reservations, keyUse }: SharedBooks,
): AccountSession {
  const { account, cluster, namespace, policy } = options;
  const { proofKey } = installation;
  return createSession(
    {
      ...commonOptions(options, installation, OWN_ACCOUNT),
      keyUse,
      name: OWN_ACCOUNT,
      log: options.log,
      provider: options.provider,
      bookCreateTurn: options.bookCreateTurn,
      gpuPods: cluster.view,
      reservations,
      teamIds: () => [...new Set([...knownTeams(policy), ...loops.teamsOfOwnUser()])],
      isUnprovenTeam: (teamId) => !knownTeams(policy).includes(teamId) && loops.isUnprovenTeam(teamId),
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
    },
    signalsOf(OWN_ACCOUNT, loops, () => {
      loops.enqueueAll();
    }),
  );
}

/** The session of a GpuAccount or ClusterGpuAccount. Its status records whose key it is. */
export function accountSession(
  options: GpuPodOptions,
  installation: Installation,
  loops: Loops,
  {
    parts,
    reservations,
    keyUse,
    onChange,
  }: SharedBooks & { readonly parts: SessionParts; readonly onChange: () => void },
): AccountSession {
  const { name, connection, recorded, howToAccept, named, teamIds, isUnprovenTeam } = parts;
  const { proofKey } = installation;
  return createSession(
    {
      ...commonOptions(options, installation, name),
      keyUse,
      name,
      log: logOfAccount(options.log, name),
      provider: connection.provider,
      bookCreateTurn: connection.bookCreateTurn,
      gpuPods: options.cluster.view,
      reservations,
      teamIds,
      isUnprovenTeam,
      identity: {
        keyVersion: connection.keyVersion,
        origin: options.account.origin,
        recorded,
        recordedKey: undefined,
        fingerprint: () => (proofKey === undefined ? undefined : connection.keyFingerprint(proofKey)),
        former: undefined,
        // Instances from before accounts were recorded belong to the operator's own key.
        ownsUnmarked: false,
        clonedFrom: installation.clonedFrom,
        acceptAccount: undefined,
        howToAccept,
        named,
        // The controller of accounts writes it into the status, which it compares with the session each time.
        record: async () => {
          await Promise.resolve();
        },
      },
    },
    { ...signalsOf(name, loops, onChange), onKeyProblem: onChange },
  );
}

type CommonOptions = Omit<
  SessionOptions,
  | 'name'
  | 'keyUse'
  | 'log'
  | 'provider'
  | 'bookCreateTurn'
  | 'gpuPods'
  | 'reservations'
  | 'teamIds'
  | 'isUnprovenTeam'
  | 'identity'
>;

function commonOptions(
  { clock, timings, cooldownScale, observer }: GpuPodOptions,
  installation: Installation,
  account: string,
): CommonOptions {
  return {
    clock,
    timings,
    cooldownScale,
    installation: installation.id,
    onListed: (report) => {
      observer?.onListed?.({ ...report, account });
    },
    onOfferFailed: observer?.onOfferFailed?.bind(observer),
  };
}

function signalsOf(name: string, loops: Loops, enqueueAll: () => void): SessionSignals {
  return {
    enqueue: (key) => {
      loops.enqueue(key);
    },
    enqueueAll,
    scheduleInventory: (inMs) => {
      loops.scheduleInventory(name, inMs);
    },
    wake: () => {
      loops.wake(name);
    },
  };
}

/** Teams whose instances this operator may have rented. */
function knownTeams({ defaultTeamId, allowedTeamIds }: Policy): readonly string[] {
  return [...(defaultTeamId === undefined ? [] : [defaultTeamId]), ...allowedTeamIds];
}
