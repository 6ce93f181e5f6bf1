import type { Clock } from '../clock.ts';
import type { Log } from '../kubernetes/log.ts';
import type { AccountState } from '../lifecycle/observation.ts';
import type { BookedTurn, Provider } from '../lifecycle/provider.ts';
import type { ProtocolTimings } from '../lifecycle/settings.ts';
import { gpuTypeOf, upstreamOf } from '../offers/offer-key.ts';
import { identityOf } from '../lifecycle/account.ts';
import { isSurelyOurs, mayAsk, namedAccounts, noteOwnPods } from './identity/account-evidence.ts';
import type { GpuPodList } from './identity/account-evidence.ts';
import { AccountWatch } from './identity/account-watch.ts';
import type { AccountWatchOptions } from './identity/account-watch.ts';
import { CircuitBreakers } from './holds/circuit-breakers.ts';
import { Cooldowns } from './holds/cooldowns.ts';
import { InstancePoller } from './instances/instance-poller.ts';
import { Inventory } from './instances/inventory.ts';
import type { AwaitedWallet, WalletReport } from './instances/wallet-lists.ts';
import type { CountedAccount } from './sums/awaited-lists.ts';
import type { Lister } from './sums/live-instances.ts';
import { KeyFailures } from './identity/key-failures.ts';
import type { KeyUse } from './keys/key-use.ts';
import { createListReporter } from './instances/list-reports.ts';
import { ProviderHealth } from './holds/provider-health.ts';
import type { Reservations } from './sums/reservations.ts';
import { SshKeys } from './keys/ssh-keys.ts';
import { OWN_ACCOUNT } from './sums/stated.ts';
import { VanishedInstances } from './instances/vanished-instances.ts';

/**
 * What the operator knows through one API key: whose key it is, which instances it shows, what they cost, and what
 * failed. Instance IDs mean something only within a session.
 */
export interface AccountSession {
  /** The account's name; `operator` for the operator's own key. */
  readonly name: string;
  readonly provider: Provider;
  readonly account: AccountWatch;
  readonly circuitBreakers: CircuitBreakers;
  readonly cooldowns: Cooldowns;
  /** The sums of all accounts, which all sessions share. */
  readonly reservations: Reservations;
  readonly poller: InstancePoller;
  readonly inventory: Inventory;
  readonly health: ProviderHealth;
  readonly vanished: VanishedInstances;
  readonly sshKeys: SshKeys;
  /** Waits until a create request would get its turn at the account's rate limiter soon. */
  readonly bookCreateTurn: () => Promise<BookedTurn>;
}

/** An offer whose create request was refused, or whose instance failed. */
export interface FailedOffer {
  readonly provider: string;
  readonly gpuType: string;
  readonly reason: string;
}

export interface SessionOptions extends Pick<AccountSession, 'name' | 'provider' | 'bookCreateTurn'> {
  readonly clock: Clock;
  readonly log: Log;
  readonly timings: ProtocolTimings;
  readonly identity: Omit<
    AccountWatchOptions,
    'provider' | 'clock' | 'log' | 'askAgainMs' | 'named' | 'onChange'
  > & {
    /** @default the accounts of the GpuPods that the operator's own key pays for */
    readonly named?: AccountWatchOptions['named'];
  };
  /** The ID of this installation, which its instances carry in their names. */
  readonly installation: string;
  readonly keyUse: KeyUse;
  readonly gpuPods: GpuPodList;
  /** Teams whose instances may have been rented with this key. */
  readonly teamIds: () => readonly string[];
  /** Whether nothing proves that anything was rented in this team, so that no sum waits for its list. */
  readonly isUnprovenTeam?: (teamId: string) => boolean;
  readonly reservations: Reservations;
  /** Multiplies cooldowns and breaker times; differs from 1 only in tests. */
  readonly cooldownScale: number;
  readonly onListed?: ((report: WalletReport) => void) | undefined;
  /** Called when an offer begins a cooldown. */
  readonly onOfferFailed?: ((failed: FailedOffer) => void) | undefined;
}

/** What a session asks of the loops that run beside it. */
export interface SessionSignals {
  /** Something changed for this GpuPod. */
  enqueue(key: string): void;
  /** Something changed for every GpuPod of the session. */
  enqueueAll(): void;
  /** Requests an inventory in `inMs` milliseconds, or at the scheduled time if that is earlier. */
  scheduleInventory(inMs: number): void;
  /** The account became known or changed, so the tasks that wait for it run. */
  wake(): void;
  /** The provider begins or stops refusing the key, so another key of the same user may have to act. */
  onKeyProblem?(): void;
}

/** Builds the session of one API key. It sends nothing. */
export function createSession(options: SessionOptions, signals: SessionSignals): AccountSession {
  const { name, provider, bookCreateTurn, clock, log, timings, installation, cooldownScale, reservations } =
    options;
  const enqueue = (key: string): void => {
    signals.enqueue(key);
  };
  const circuitBreakers = new CircuitBreakers(clock, cooldownScale, (keys) => {
    keys.forEach(enqueue);
  });
  const account = new AccountWatch({
    named: () => namedAccounts(options.gpuPods),
    ...options.identity,
    provider,
    clock,
    log,
    askAgainMs: timings.sweepMs,
    onChange: () => {
      circuitBreakers.resetAll();
      signals.wake();
      signals.enqueueAll();
    },
  });
  const health = new ProviderHealth(
    clock,
    timings.quietFailureMs,
    () => signals.enqueueAll(),
    new KeyFailures(log, () => {
      signals.onKeyProblem?.();
    }),
  );
  const vanished = new VanishedInstances(clock, timings.massAbsenceMs);
  const poller = new InstancePoller({ provider, clock, timings, health, vanished, onChange: enqueue });
  const inventory = new Inventory({
    provider,
    clock,
    teamIds: options.teamIds,
    isUnprovenTeam: options.isUnprovenTeam,
    isTrusted: () => mayAsk(account.state),
    isBound: (podId) => poller.isFollowed(podId),
    onList: (result, complete) => {
      noteOwnPods(account, { ...result, installation });
      if (isSurelyOurs(account.state, result.beganAtMs)) {
        reservations.takeInventory(listerOf({ name, account }), result, complete);
      }
      poller.takeList(result, complete);
    },
    report: createListReporter(log, options.onListed),
    quietFailureMs: timings.quietFailureMs,
    onReady: enqueue,
    schedule: (inMs) => {
      signals.scheduleInventory(inMs);
    },
    minGapMs: timings.busyPollMs / 5,
  });
  const cooldowns = new Cooldowns(clock, cooldownScale, (reason, key) => {
    options.onOfferFailed?.({ provider: upstreamOf(key), gpuType: gpuTypeOf(key), reason });
  });
  const sshKeys = new SshKeys({ provider, clock, log, installation, account, use: options.keyUse });
  const known = {
    account,
    circuitBreakers,
    cooldowns,
    reservations,
    poller,
    inventory,
    health,
    vanished,
    sshKeys,
  };
  return { name, provider, bookCreateTurn, ...known };
}

/** The account of this session, with the wallets whose lists a sum needs. */
export function countedAccount(
  session: Parameters<typeof listerOf>[0] & {
    readonly inventory: Pick<Inventory, 'awaited'>;
  },
): CountedAccount {
  const lister = { ...listerOf(session), userId: countedUserOf(session) };
  const whyNotTaken = notTakenBecause(session.account.state);
  const wallets = session.inventory.awaited().map((one) => ({
    ...one,
    ...(whyNotTaken === undefined ? {} : { reason: whyNotTaken }),
  }));
  return { ...lister, wallets };
}

/**
 * The user whose instances count for the account. A key that may not read its user still stands for the user that it
 * should belong to, whose lists this process may have taken with the former key.
 */
export function countedUserOf({
  account: { state },
}: {
  readonly account: Pick<AccountWatch, 'state'>;
}): string | undefined {
  return identityOf(state)?.userId ?? (state.kind === 'fits' ? state.unconfirmed?.userId : undefined);
}

/** Why no list of the session is taken, complete or not. */
function notTakenBecause(state: AccountState): AwaitedWallet['reason'] {
  switch (state.kind) {
    case 'fits':
      return state.unanswered?.reason ?? (state.unconfirmed === undefined ? undefined : 'AccountUnconfirmed');
    case 'unknown':
      return state.failure?.reason;
    case 'changed':
      return undefined;
  }
}

/** Whose lists this session takes. */
export function listerOf({
  name,
  account,
}: Pick<AccountSession, 'name'> & { readonly account: Pick<AccountWatch, 'state'> }): Lister {
  return { name, userId: identityOf(account.state)?.userId, isOwn: name === OWN_ACCOUNT };
}
