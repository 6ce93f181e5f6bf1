import { parseGpuPod } from '../../../api/gpupod/gpu-pod.ts';
import type { GpuAccount } from '../../../api/gpuaccount/gpu-account.ts';
import { ANNOTATIONS } from '../../../api/common/names.ts';
import { mayAsk } from '../../../accounts/identity/account-evidence.ts';
import type { AccountConnection, ConnectAccount, FoundText } from '../../../accounts/connection.ts';
import type { AccountRegistry } from '../../../accounts/registry.ts';
import type { AccountSession } from '../../../accounts/session.ts';
import { identityOf } from '../../../lifecycle/account.ts';
import { accountKey } from '../../../lifecycle/account-identity.ts';
import type { AccountState } from '../../../lifecycle/observation.ts';
import { recordedReference } from '../../../accounts/sums/stated.ts';
import type { GpuPodView } from '../ports.ts';
import { NamedTeams } from './named-teams.ts';
import type { RecordedTeams } from './recorded-teams.ts';
import { isOfSameUser } from './session-facts.ts';

/** What the controller of accounts learns from the session of one. */
export interface AccountReading {
  readonly state: AccountState;
  /** True if the provider refuses the key although it accepted it before. */
  readonly isRefused: boolean;
  /** Why the Secret cannot be read any more, while the key that it held is still in use. */
  readonly unread?: string;
}

/** What was found in the Secret of an account. */
export interface FoundKey {
  readonly found: FoundText;
  /** The subject of a sentence about a bad key. */
  readonly subject: string;
  /** Why the operator may not read the Secret. A key that it read before may still be the right one. */
  readonly refusal?: string;
}

/** Opens and closes the sessions of accounts. Only the controller of accounts calls it. */
export interface AccountSessionsPort {
  /**
   * Opens the session of the account if there is none, and uses this key from now on. If the operator may not read the
   * Secret any more, the last key stays: without it nobody could terminate what it pays for.
   */
  use(account: GpuAccount, read: FoundKey): AccountReading;
  /** The account no longer exists. */
  close(name: string): void;
}

export interface SessionParts {
  readonly name: string;
  readonly connection: AccountConnection;
  /** `<origin> <user id>`, as the account records it. */
  readonly recorded: string | undefined;
  readonly howToAccept: (userId: string) => string;
  readonly named: () => readonly string[];
  readonly teamIds: () => readonly string[];
  readonly isUnprovenTeam: (teamId: string) => boolean;
}

export interface AccountSessionsOptions {
  readonly connect: ConnectAccount;
  readonly registry: AccountRegistry;
  readonly view: Pick<GpuPodView, 'list'>;
  readonly recordedTeams: Pick<RecordedTeams, 'of' | 'unprovenOf'>;
  /** Builds the session, and begins its tasks once it is in the registry. */
  readonly create: (account: GpuAccount, parts: SessionParts) => AccountSession;
  readonly begin: (session: AccountSession) => void;
  readonly end: (name: string) => void;
  readonly checkKey: (name: string) => void;
  /** Lists the instances that this session sees, soon. */
  readonly list: (name: string) => void;
  /** GpuPods of this account may have waited for its session. */
  readonly onOpened: (account: GpuAccount) => void;
  /** GpuPods that this session acted for need another one. */
  readonly onClosed: (account: GpuAccount, session: AccountSession) => void;
}

interface Open {
  readonly account: GpuAccount;
  readonly session: AccountSession;
  readonly connection: AccountConnection;
  readonly teams: NamedTeams;
}

/** The sessions of GpuAccounts and ClusterGpuAccounts, each with a connection of its own. */
export class AccountSessions implements AccountSessionsPort {
  readonly #options: AccountSessionsOptions;
  readonly #open = new Map<string, Open>();

  constructor(options: AccountSessionsOptions) {
    this.#options = options;
  }

  use(account: GpuAccount, { found, subject, refusal }: FoundKey): AccountReading {
    const name = sessionNameOf(account);
    const held = this.#open.get(name);
    if (held !== undefined && isOutdated(held, account)) {
      this.close(name);
    }
    const { session, connection, teams } = this.#open.get(name) ?? this.#begin(account);
    this.#noteTeams(account, session, teams);
    const unread = mayAsk(session.account.state) ? refusal : undefined;
    this.#noteUnread(account, session, unread);
    if (unread === undefined && connection.useKey(found, subject)) {
      session.health.onKeyChanged();
      this.#options.checkKey(name);
    }
    return {
      state: session.account.state,
      isRefused: mayAsk(session.account.state) && session.health.isKeyRefused,
      ...(unread === undefined ? {} : { unread }),
    };
  }

  /** GpuPods of this account under a limit on sums wait for the list of a new team, so it is taken soon. */
  #noteTeams({ spec: { teamId, limits } }: GpuAccount, session: AccountSession, teams: NamedTeams): void {
    const lister = this.#options.registry.shared(session.name) ?? session;
    const named = [...(teamId === undefined ? [] : [teamId]), ...(limits.teamIds ?? [])];
    const hasNew = teams.update(named, () => ({
      withInstances: lister.reservations.teamsWithInstances(),
      refused: new Set(
        lister.inventory
          .awaited()
          .flatMap(({ wallet, isRefused }) => (wallet !== undefined && isRefused === true ? [wallet] : [])),
      ),
    }));
    if (hasNew) {
      this.#options.list(lister.name);
    }
  }

  #noteUnread(account: GpuAccount, { health }: AccountSession, unread: string | undefined): void {
    if (health.unreadKey !== unread) {
      health.unreadKey = unread;
      this.#options.onOpened(account);
    }
  }

  close(name: string): void {
    const open = this.#open.get(name);
    if (open !== undefined) {
      this.#end(name, open);
      this.#options.onClosed(open.account, open.session);
    }
  }

  /** The process stops, so nothing is reconciled any more. */
  closeAll(): void {
    for (const [name, open] of [...this.#open]) {
      this.#end(name, open);
    }
  }

  #end(name: string, { connection }: Open): void {
    this.#open.delete(name);
    this.#options.end(name);
    this.#options.registry.remove(name);
    // What was decided with its key must not be sent any more.
    connection.useKey({ kind: 'missing', message: 'The account no longer exists.' }, '');
    connection.close();
  }

  /**
   * Whether this session lists for its user: of several keys of one user, one does. An account that nobody uses is
   * listed as well, because an instance may show up long after its GpuPod was deleted.
   */
  isLister(session: AccountSession): boolean {
    return this.#options.registry.shared(session.name) === session;
  }

  #begin(account: GpuAccount): Open {
    const { connect, create, begin, registry, onOpened } = this.#options;
    const name = sessionNameOf(account);
    const connection = connect(name);
    const session: AccountSession = create(account, {
      name,
      connection,
      recorded: recordOf(account),
      howToAccept: (userId) => `set annotation ${ANNOTATIONS.acceptUser} of the account to ${userId}`,
      named: () => this.#accountsNamedFor(name),
      teamIds: () => this.teamsOf(session),
      isUnprovenTeam: (teamId) => this.isUnprovenTeam(session, teamId),
    });
    const open = { account, session, connection, teams: new NamedTeams() };
    this.#open.set(name, open);
    registry.add(session);
    begin(session);
    onOpened(account);
    return open;
  }

  /** The teams of all accounts that share this session, and those that GpuPods record with it. */
  teamsOf(session: AccountSession): readonly string[] {
    return [...new Set([...this.#namedFor(session), ...this.#options.recordedTeams.of(session)])];
  }

  /** Whether no account names the team, and only create intents do so which nothing proves. */
  isUnprovenTeam(session: AccountSession, teamId: string): boolean {
    const isUnproven = this.#options.recordedTeams.unprovenOf(session).has(teamId);
    return isUnproven && !this.#namedFor(session).includes(teamId);
  }

  #namedFor(session: AccountSession): readonly string[] {
    const { registry } = this.#options;
    return [...this.#open].flatMap(([other, { teams, session: own }]) => {
      const all = teams.all();
      // Who lists for an account shows from all sessions, so that is left to the few that name teams.
      const isListed = all.length > 0 && isOfSameUser(own, session) && registry.shared(other) === session;
      return isListed ? all : [];
    });
  }

  /** The accounts of the provider on which GpuPods have instances that this account paid for. */
  #accountsNamedFor(name: string): readonly string[] {
    return this.#options.view.list().flatMap((object) => {
      const parsed = parseGpuPod(object);
      if (parsed.kind === 'invalid') {
        return [];
      }
      const { status, metadata } = parsed.gpuPod;
      const reference = recordedReference(parsed.gpuPod);
      const isNamed = reference !== undefined && accountKey(reference, metadata.namespace) === name;
      const { podId, account } = status;
      return isNamed && podId !== undefined && account?.origin !== undefined
        ? [`${account.origin} ${account.userId}`]
        : [];
    });
  }
}

/** Another account of the same name, or a person has accepted another user: nothing that is known still holds. */
function isOutdated({ account: opened, session }: Open, account: GpuAccount): boolean {
  const { state } = session.account;
  const isAccepted = state.kind === 'changed' && identityOf(state)?.userId === account.status.userId;
  return opened.metadata.uid !== account.metadata.uid || isAccepted;
}

/** The name of its session: what `accountKey` writes. */
export function sessionNameOf({ kind, metadata }: Pick<GpuAccount, 'kind' | 'metadata'>): string {
  return accountKey({ kind, name: metadata.name }, metadata.namespace ?? '');
}

function recordOf({ status: { origin, userId } }: GpuAccount): string | undefined {
  return origin === undefined || userId === undefined ? undefined : `${origin} ${userId}`;
}
