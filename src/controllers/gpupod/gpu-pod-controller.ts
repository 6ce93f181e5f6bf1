import type { GpuAccount } from '../../api/gpuaccount/gpu-account.ts';
import type { AccountRegistry } from '../../accounts/registry.ts';
import type { Reservations } from '../../accounts/sums/reservations.ts';
import type { AccountSession } from '../../accounts/session.ts';
import { Housekeeping } from '../../accounts/housekeeping.ts';
import type { HousekeepingParts } from '../../accounts/housekeeping.ts';
import { isRefusal } from '../../kubernetes/client/api-errors.ts';
import { Controller } from '../../kubernetes/controller.ts';
import type { Reconciled } from '../../kubernetes/controller.ts';
import { objectKey } from '../../kubernetes/objects.ts';
import type { Runnable } from '../../kubernetes/runnable.ts';
import { ownKey } from '../../kubernetes/cache/source.ts';
import { identityOf } from '../../lifecycle/account.ts';
import { dependantsOf, dependantsOfUser } from './accounts/account-records.ts';
import { AccountSessions, sessionNameOf } from './accounts/account-sessions.ts';
import { accountWatches } from './accounts/account-watches.ts';
import type { ServedAccounts } from './accounts/account-watches.ts';
import { afterLists, assemble } from './assemble.ts';
import { contextOf } from './context.ts';
import type { Reconciling } from './context.ts';
import type { GpuPodOptions } from './gpu-pod-options.ts';
import { idProofsFor } from './installation/id-proofs.ts';
import type { Installation } from './installation/installation.ts';
import { laneOf, planLanes } from './lanes.ts';
import type { Loops, ProtectAccount } from './loops.ts';
import type { Probes } from './probes.ts';
import { reconcile } from './reconcile.ts';
import { provenHoldings } from './accounts/proven-holdings.ts';
import type { ProvenHoldings } from './accounts/proven-holdings.ts';
import { RecordedTeams } from './accounts/recorded-teams.ts';
import { reportFailure } from './report-failure.ts';
import { accountSession } from './accounts/sessions.ts';
import type { Slots } from './slots.ts';
import { sumOfSweeps } from './sweeps/sweep-counts.ts';

/** The longest pause between retries of a passing failure. */
const MAX_RETRY_MS = 30_000;

/**
 * The controller of GpuPods: what it watches, how it reconciles one, and what all of them share. It runs on the
 * leader.
 */
export class GpuPodController implements Runnable {
  readonly accounts: AccountRegistry;
  /** The sessions of GpuAccounts and ClusterGpuAccounts; undefined if this operator serves none. */
  readonly accountSessions: AccountSessions | undefined;
  readonly provenHoldings: ProvenHoldings;
  readonly #shared: Reconciling;
  readonly #slots: readonly Slots[];
  readonly #controller: Controller;
  readonly #housekeeping: Housekeeping;
  readonly #probes: Probes | undefined;
  readonly #unlistedNamespaces: readonly string[];
  #onAccountChanged: (name: string) => void = () => undefined;
  #protectAccount: ProtectAccount = async () => await Promise.resolve(true);
  #isStopping = false;

  constructor(options: GpuPodOptions, installation: Installation) {
    const lanes = planLanes(options.concurrency, options.accounts !== undefined);
    const loops = this.#loops();
    const assembled = assemble(options, installation, lanes, loops);
    const { shared, probes, accounts, payers, reservations } = assembled;
    const { observer, random } = options;
    const runs = { clock: options.clock, log: options.log, ...(random === undefined ? {} : { random }) };
    const countSweep = sumOfSweeps(observer);
    this.#shared = { ...shared, payers };
    this.provenHoldings = provenHoldings({ ...this.#shared, registry: accounts });
    this.#slots = [shared.createSlots, shared.keySlots, shared.readSlots];
    this.#probes = probes;
    this.accounts = accounts;
    this.#unlistedNamespaces = options.unlistedNamespaces ?? [];
    const partsOf = (session: AccountSession): HousekeepingParts => ({
      ...session,
      ...afterLists(
        contextOf(this.#shared, { session, policy: options.policy }),
        installation,
        {
          orphanPolicy: options.orphanPolicy,
          onCounted: countSweep(session.name),
          actsElsewhere: (key) => payers.actsElsewhere(key, session),
        },
        (key) => {
          loops.enqueue(key);
        },
      ),
    });
    this.#housekeeping = new Housekeeping(
      { ...runs, timings: options.timings, observer: observer?.controller?.('housekeeping') },
      accounts.all().map(partsOf),
    );
    const served = options.accounts;
    this.accountSessions =
      served === undefined
        ? undefined
        : this.#openSessions(options, installation, { served, loops, partsOf, reservations });
    this.#controller = new Controller({
      ...runs,
      name: 'gpupod',
      watches: [
        { source: options.gpuPods, toKeys: ownKey, isOfReconciled: true },
        ...(served === undefined ? [] : accountWatches(served, shared.view)),
      ],
      reconcile: async (key, failures) => await this.#reconcile(key, failures),
      workers: lanes.workers,
      laneOf: (key) => {
        const isCalled = this.#slots.some((slots) => slots.isCalled(key));
        return laneOf(shared.view.get(key), { localState: shared.localStates.ofKey(key), isCalled });
      },
      // A refused write stays refused until somebody changes something, and each retry adds a refused write.
      retryWithinMs: (error) => (isRefusal(error) ? undefined : MAX_RETRY_MS),
      observer: observer?.controller?.('gpupod'),
    });
  }

  /** Reconciles all existing GpuPods, and from then on each that changes. This process leads. */
  start(): void {
    const { view, localStates } = this.#shared;
    localStates.markFirstList(
      view.list().map(({ metadata }) => metadata.uid),
      this.#unlistedNamespaces,
    );
    this.#housekeeping.start();
    this.#controller.start();
  }

  /** Starts nothing new. Resolves when all running work is done, including a create request that was sent. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#probes?.stop();
    await Promise.all([this.#controller.stop(), this.#housekeeping.stop()]);
    this.accountSessions?.closeAll();
  }

  /** The older CRD was replaced by the right one, so GpuPods that waited for it go on. */
  onCrdHealed(): void {
    this.#shared.fidelity.forget();
    this.reconcileAll();
  }

  /** Reconciles every GpuPod: something changed that concerns all of them. */
  reconcileAll(): void {
    for (const gpuPod of this.#shared.view.list()) {
      this.#controller.enqueue(objectKey(gpuPod));
    }
  }

  /** Calls the handler with the name of each account whose key was checked, or turned out to be another user's. */
  onAccountChanged(handler: (name: string) => void): void {
    this.#onAccountChanged = handler;
  }

  /** Has this protect an account from deletion before a create request of it is written down. */
  protectAccountsBy(protect: ProtectAccount): void {
    this.#protectAccount = protect;
  }

  #loops(): Loops {
    return {
      protectAccount: async (account) => await this.#protectAccount(account),
      enqueue: (key) => {
        this.#controller.enqueue(key);
      },
      enqueueAll: () => {
        this.reconcileAll();
      },
      scheduleInventory: (account, inMs) => {
        this.#housekeeping.scheduleInventory(account, inMs);
      },
      wake: (account) => {
        this.#housekeeping.wake(account);
      },
      sweepSshKeys: () => {
        this.#housekeeping.sweepSshKeys();
      },
      isStopping: () => this.#isStopping,
      teamsOfOwnUser: () => this.accountSessions?.teamsOf(this.accounts.own) ?? [],
      isUnprovenTeam: (teamId) => this.accountSessions?.isUnprovenTeam(this.accounts.own, teamId) ?? false,
    };
  }

  #openSessions(
    options: GpuPodOptions,
    installation: Installation,
    { served, loops, partsOf, reservations }: OpeningParts,
  ): AccountSessions {
    const { payers, view } = this.#shared;
    const dependants = ({ kind, metadata: { name, namespace } }: GpuAccount): readonly string[] =>
      dependantsOf({ kind, name, namespace }, view.list());
    const concerned = (account: GpuAccount): readonly string[] => {
      const session = this.accounts.get(sessionNameOf(account));
      const own = session === undefined ? [] : [...payers.keysOf(session), ...this.#keysOfUser(session)];
      return [...own, ...dependants(account)];
    };
    const wake = (keys: readonly string[]): void => {
      for (const key of new Set(keys)) {
        loops.enqueue(key);
      }
    };
    const sessions: AccountSessions = new AccountSessions({
      connect: served.connect,
      registry: this.accounts,
      view,
      recordedTeams: new RecordedTeams({
        clock: options.clock,
        view,
        payers,
        proofsOf: (gpuPod) => idProofsFor(this.#shared, gpuPod),
      }),
      create: (account, parts) =>
        accountSession(options, installation, loops, {
          parts,
          reservations,
          keyUse: this.#shared.keyUse,
          onChange: () => {
            this.#onAccountChanged(parts.name);
            wake(concerned(account));
          },
        }),
      begin: (session) => {
        this.#housekeeping.add({ ...partsOf(session), isLister: () => sessions.isLister(session) });
      },
      end: (name) => {
        this.#housekeeping.remove(name);
      },
      checkKey: (name) => {
        this.#housekeeping.checkKey(name);
      },
      list: (name) => {
        loops.scheduleInventory(name, 0);
      },
      onOpened: (account) => {
        wake(dependants(account));
      },
      onClosed: (account, session) => {
        wake([...payers.keysOf(session), ...dependants(account)]);
      },
    });
    return sessions;
  }

  /** The GpuPods that record the user of this session, whatever account named the key that rented for them. */
  #keysOfUser({ account: { state } }: AccountSession): readonly string[] {
    const identity = identityOf(state);
    return identity === undefined ? [] : dependantsOfUser(identity, this.#shared.view.list());
  }

  async #reconcile(key: string, failures: number): Promise<Reconciled> {
    const calls = this.#slots.map((slots) => ({ slots, call: slots.callOf(key) }));
    try {
      return await reconcile(this.#shared, key);
    } catch (error) {
      reportFailure(this.#shared, key, error, failures);
      throw error;
    } finally {
      for (const { slots, call } of calls) {
        slots.passOn(key, call);
      }
    }
  }
}

interface OpeningParts {
  readonly served: ServedAccounts;
  readonly loops: Loops;
  readonly reservations: Reservations;
  readonly partsOf: (session: AccountSession) => HousekeepingParts;
}
