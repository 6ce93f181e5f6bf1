import { isRecord, parseJson, recordAt, stringAt } from '../../src/json.ts';
import type { RawObject } from '../../src/kubernetes/objects.ts';
import type { SimulatedApi } from '../../src/simulator/api/simulated-api.ts';
import { History } from './history.ts';
import { specOf, statusOf } from './readings.ts';
import type { Change, SimulatedApiServer } from './simulated-api-server.ts';

const INTENT = 'gpupod.dev/intent';
/** Where Secrets of ClusterGpuAccounts are. */
const OPERATOR_NAMESPACE = 'gpupod-system';
/** The name of the account behind the operator's own key, and of nobody. */
export const OPERATOR = 'operator';
export const NOBODY = 'nobody';

/** A create intent as the operator wrote it, read without its code. */
export interface PayingIntent {
  readonly uid: string;
  readonly namespace: string;
  readonly podName: string;
  /** The account in it, or `operator`. */
  readonly account: string;
  readonly userId: string | undefined;
  readonly teamId: string | undefined;
  readonly writtenAtMs: number;
}

interface SeenAccount {
  readonly key: string;
  readonly spec: Readonly<Record<string, unknown>>;
  readonly isDeleting: boolean;
}

/** What decides who pays, besides the GpuPod. */
interface SeenCluster {
  readonly accounts: readonly SeenAccount[];
  readonly labels: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** What a GpuPod says about it. */
interface Naming {
  readonly namespace: string;
  readonly ref: unknown;
}

interface Parts {
  readonly server: SimulatedApiServer;
  readonly api: SimulatedApi;
}

/**
 * What people wrote about accounts over time, and what follows from it: who may pay for a GpuPod, with the key of which
 * user, and up to which limits. The rules are written anew here, so that they judge those of the operator.
 */
export class PayerBook {
  readonly intents = new Map<string, PayingIntent>();
  /** When each GpuPod was removed, by UID. */
  readonly removedAtMs = new Map<string, number>();
  /** How long the operator may act on what is no longer so. A broken watch or a frozen process takes longer. */
  staleMs = 45_000;
  readonly #server: SimulatedApiServer;
  readonly #api: SimulatedApi;
  readonly #clusters = new History<SeenCluster>();
  readonly #namings = new Map<string, History<Naming>>();
  readonly #limits = new Map<string, History<Readonly<Record<string, unknown>>>>();
  readonly #users = new Map<string, History<string | undefined>>();
  readonly #keyUsers = new Map<string, History<string | undefined>>();
  readonly #teams = new Map<string, History<string | undefined>>();
  readonly #accepted = new Map<string, History<string | undefined>>();

  constructor({ server, api }: Parts) {
    this.#server = server;
    this.#api = api;
    this.#noteCluster();
    server.onChange((change) => {
      this.#note(change);
    });
  }

  get nowMs(): number {
    return this.#api.world.clock.nowMs();
  }

  /** The accounts that the spec of this GpuPod falls on, with the accounts as they were lately. */
  candidatesOf(uid: string): readonly string[] {
    const namings = this.#lately(this.#namings.get(uid));
    const clusters = this.#lately(this.#clusters);
    return namings.flatMap((naming) => clusters.map((cluster) => fallsOn(cluster, naming)));
  }

  /** The account that its spec falls on now, `operator`, or `nobody`. */
  candidateNow(uid: string): string | undefined {
    const naming = this.#namings.get(uid)?.last;
    const cluster = this.#clusters.last;
    return naming === undefined || cluster === undefined ? undefined : fallsOn(cluster, naming);
  }

  /** The users that this account recorded lately. Where it recorded none, those of the keys in its Secret. */
  usersOf(account: string): readonly string[] {
    const recorded = this.#lately(this.#users.get(account));
    const ofKeys = recorded.includes(undefined) ? this.#lately(this.#keyUsers.get(account)) : [];
    return [...recorded, ...ofKeys].filter((user) => user !== undefined);
  }

  /** The users whose key its Secret held lately, and whom a person accepted. */
  chosenUsersOf(account: string): {
    readonly ofKeys: readonly string[];
    readonly accepted: readonly string[];
  } {
    const texts = (history: History<string | undefined> | undefined): readonly string[] =>
      this.#lately(history).filter((user) => user !== undefined);
    return { ofKeys: texts(this.#keyUsers.get(account)), accepted: texts(this.#accepted.get(account)) };
  }

  /** Whether this wallet is one that paid for the GpuPod, or that its spec fell on lately. */
  isPaidBy(object: RawObject, userId: string, teamId: string | undefined): boolean {
    const { uid } = object.metadata;
    const named = stringAt(specOf(object), 'teamId');
    const intended = [...this.intents.values()].filter((intent) => intent.uid === uid);
    return [...this.candidatesOf(uid), ...intended.map(({ account }) => account)].some((account) => {
      const isOperators = account === OPERATOR;
      const teams = isOperators || named !== undefined ? [named] : this.teamsOf(account);
      return (isOperators || this.usersOf(account).includes(userId)) && teams.includes(teamId);
    });
  }

  teamsOf(account: string): readonly (string | undefined)[] {
    return this.#lately(this.#teams.get(account));
  }

  /** The limits that held for a create intent of this account, until its instance came into being. */
  limitsFor(
    account: string,
    writtenAtMs: number,
    untilMs: number,
  ): readonly Readonly<Record<string, unknown>>[] {
    return this.#limits.get(account)?.between(writtenAtMs - this.staleMs, untilMs) ?? [];
  }

  /** The limits that hold now. */
  limitsNow(account: string): Readonly<Record<string, unknown>> {
    return this.#limits.get(account)?.last ?? {};
  }

  #lately<T>(history: History<T> | undefined): readonly T[] {
    return history?.between(this.nowMs - this.staleMs, this.nowMs) ?? [];
  }

  #note(change: Change): void {
    const { kind, object, type } = change;
    switch (kind) {
      case 'gpupods':
        this.#noteGpuPod(change);
        return;
      case 'secrets':
        this.#noteKeys();
        return;
      case 'namespaces':
        this.#noteCluster();
        return;
      case 'gpuaccounts':
      case 'clustergpuaccounts':
        this.#noteAccount(object, type);
        return;
      case 'configmaps':
        return;
    }
  }

  #noteGpuPod(change: Change): void {
    const { object, type } = change;
    const { uid, namespace = '' } = object.metadata;
    if (type === 'DELETED') {
      this.removedAtMs.set(uid, this.nowMs);
    } else {
      historyOf(this.#namings, uid).note(this.nowMs, { namespace, ref: specOf(object)['accountRef'] });
    }
    const intent = newIntentIn(change, this.nowMs);
    if (intent === undefined) return;
    const known = this.intents.get(intent.podName);
    if (known === undefined || known.uid === uid) this.intents.set(intent.podName, intent);
  }

  #noteAccount(object: RawObject, type: Change['type']): void {
    const key = keyOf(object);
    const isGone = type === 'DELETED';
    if (!isGone) historyOf(this.#limits, key).note(this.nowMs, recordAt(specOf(object), 'limits'));
    historyOf(this.#users, key).note(this.nowMs, isGone ? undefined : stringAt(statusOf(object), 'userId'));
    historyOf(this.#teams, key).note(this.nowMs, stringAt(specOf(object), 'teamId'));
    const accepted = object.metadata.annotations?.['gpupod.dev/accept-user'];
    historyOf(this.#accepted, key).note(this.nowMs, isGone ? undefined : accepted);
    this.#noteKeys();
    this.#noteCluster();
  }

  #noteKeys(): void {
    for (const account of this.#accounts()) {
      const ref = recordAt(specOf(account), 'apiKeySecretRef');
      const namespace = account.metadata.namespace ?? OPERATOR_NAMESPACE;
      const secret = this.#server.get('secrets', { namespace, name: stringAt(ref, 'name') ?? '' });
      const data: unknown = secret?.['data'];
      const encoded = stringAt(isRecord(data) ? data : {}, stringAt(ref, 'key') ?? 'api-key');
      const text = encoded === undefined ? undefined : Buffer.from(encoded, 'base64').toString();
      historyOf(this.#keyUsers, keyOf(account)).note(this.nowMs, this.#userOf(text));
    }
  }

  #userOf(key: string | undefined): string | undefined {
    return this.#api.world.settings.accounts.find((account) => account.key === key)?.userId;
  }

  #noteCluster(): void {
    const accounts = this.#accounts().map((account) => ({
      key: keyOf(account),
      spec: specOf(account),
      isDeleting: account.metadata.deletionTimestamp !== undefined,
    }));
    const labels = this.#server
      .list('namespaces')
      .map(({ metadata }) => [metadata.name, metadata.labels ?? {}] as const);
    this.#clusters.note(this.nowMs, { accounts, labels: Object.fromEntries(labels) });
  }

  #accounts(): readonly RawObject[] {
    return [...this.#server.list('gpuaccounts'), ...this.#server.list('clustergpuaccounts')];
  }
}

/** The account that a reference names, else `default` of the namespace, else the one default that selects it. */
function fallsOn({ accounts, labels }: SeenCluster, { namespace, ref }: Naming): string {
  const find = (key: string): SeenAccount | undefined => accounts.find((account) => account.key === key);
  const selects = ({ spec }: SeenAccount): boolean => {
    // Simulations select by labels alone.
    const selector = spec['namespaceSelector'];
    const wanted = Object.entries(recordAt(selector, 'matchLabels'));
    return isRecord(selector) && wanted.every(([name, value]) => labels[namespace]?.[name] === value);
  };
  const orNobody = (account: SeenAccount | undefined): string => {
    const isPaying = account !== undefined && !account.isDeleting && account.spec['suspend'] !== true;
    const isFor = account?.key.startsWith('Cluster') === false || (account !== undefined && selects(account));
    return isPaying && isFor ? account.key : NOBODY;
  };
  if (isRecord(ref)) return orNobody(find(payerIn(ref, namespace)));
  const own = find(payerIn({ name: 'default' }, namespace));
  if (own !== undefined) return orNobody(own);
  const defaults = accounts.filter((account) => account.spec['isDefault'] === true && selects(account));
  const [only] = defaults;
  if (only === undefined) return OPERATOR;
  return defaults.length > 1 ? NOBODY : orNobody(only);
}

/** The create intent that an operator has just written. */
function newIntentIn({ object, before, by }: Change, writtenAtMs: number): PayingIntent | undefined {
  const { uid, namespace = '', annotations } = object.metadata;
  const text = annotations?.[INTENT];
  if (by === 'person' || text === undefined || text === before?.metadata.annotations?.[INTENT]) {
    return undefined;
  }
  const intent = parseJson(text);
  const podName = stringAt(intent, 'name');
  return podName === undefined
    ? undefined
    : {
        uid,
        namespace,
        podName,
        account: payerIn(recordAt(intent, 'payer'), namespace),
        userId: stringAt(intent, 'account'),
        teamId: stringAt(intent, 'teamId'),
        writtenAtMs,
      };
}

function historyOf<T>(histories: Map<string, History<T>>, key: string): History<T> {
  const known = histories.get(key);
  if (known !== undefined) return known;
  const history = new History<T>();
  histories.set(key, history);
  return history;
}

/** `GpuAccount team-a/default`, `ClusterGpuAccount ml` */
function keyOf({ metadata: { namespace, name } }: RawObject): string {
  return namespace === undefined ? `ClusterGpuAccount ${name}` : `GpuAccount ${namespace}/${name}`;
}

function payerIn(reference: Readonly<Record<string, unknown>>, namespace: string): string {
  const name = stringAt(reference, 'name');
  if (name === undefined) return OPERATOR;
  return stringAt(reference, 'kind') === 'ClusterGpuAccount'
    ? `ClusterGpuAccount ${name}`
    : `GpuAccount ${namespace}/${name}`;
}
