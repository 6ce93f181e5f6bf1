import type { RawObject } from '../../../src/kubernetes/objects.ts';
import { recordAt, stringAt } from '../../../src/json.ts';
import { withSpec } from '../edits.ts';
import { podIdOf, specOf, statusOf } from '../readings.ts';
import type { Simulation } from '../simulation.ts';
import { keyOf, USERS } from './cast.ts';
import type { PlannedAccount } from './planned.ts';

/** What a person does to an account. It is undone after a while, so that the account is as planned in the end. */
export type AccountAction = (simulation: Simulation, account: PlannedAccount) => void;

const OPERATOR_NAMESPACE = 'gpupod-system';
const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const POLL_MS = 10 * SECOND_MS;

type AccountPlural = 'gpuaccounts' | 'clustergpuaccounts';

function pluralOf({ namespace }: PlannedAccount): AccountPlural {
  return namespace === undefined ? 'clustergpuaccounts' : 'gpuaccounts';
}

function accountIn({ server }: Simulation, account: PlannedAccount): RawObject | undefined {
  return server.get(pluralOf(account), account);
}

function secretOf({ namespace = OPERATOR_NAMESPACE, name }: PlannedAccount): {
  readonly namespace: string;
  readonly name: string;
} {
  return { namespace, name: `${name}-key` };
}

/** Creates the account and its Secret as planned, if they do not exist. */
export function createAccount(simulation: Simulation, account: PlannedAccount): void {
  const { server } = simulation;
  writeKey(simulation, account, account.key);
  if (accountIn(simulation, account) !== undefined) return;
  const spec = { apiKeySecretRef: { name: secretOf(account).name, key: 'api-key' }, ...account.spec };
  server.create(pluralOf(account), account.namespace, { metadata: { name: account.name }, spec }, 'person');
}

function writeKey({ server }: Simulation, account: PlannedAccount, text: string): void {
  const target = secretOf(account);
  const data = { 'api-key': Buffer.from(text).toString('base64') };
  if (server.get('secrets', target) === undefined) {
    server.create('secrets', target.namespace, { metadata: { name: target.name }, data }, 'person');
  } else {
    server.edit('secrets', target, (held) => ({ ...held, data }), 'person');
  }
}

function edit(simulation: Simulation, account: PlannedAccount, change: (held: RawObject) => RawObject): void {
  if (accountIn(simulation, account) !== undefined) {
    simulation.server.edit(pluralOf(account), account, change, 'person');
  }
}

/** How many things that will be undone are under way with each account; Infinity: nothing else may begin. */
const underWay = new WeakMap<Simulation, Map<PlannedAccount, number>>();

function countOf(simulation: Simulation, account: PlannedAccount): number {
  return underWay.get(simulation)?.get(account) ?? 0;
}

function setCount(simulation: Simulation, account: PlannedAccount, count: number): void {
  underWay.set(
    simulation,
    (underWay.get(simulation) ?? new Map<PlannedAccount, number>()).set(account, count),
  );
}

/** Does something, and undoes it after a while. */
function forAWhile(ms: number, begin: AccountAction, end: AccountAction): AccountAction {
  return (simulation, account) => {
    if (countOf(simulation, account) === Infinity) return;
    setCount(simulation, account, countOf(simulation, account) + 1);
    begin(simulation, account);
    simulation.later(ms, () => {
      setCount(simulation, account, countOf(simulation, account) - 1);
      end(simulation, account);
    });
  };
}

function withKey(text: (account: PlannedAccount) => string): AccountAction {
  return (simulation, account) => {
    writeKey(simulation, account, text(account));
  };
}

const AS_PLANNED = withKey(({ key }) => key);

function specFor(
  ms: number,
  change: (account: PlannedAccount) => Readonly<Record<string, unknown>>,
): AccountAction {
  return forAWhile(
    ms,
    (simulation, account) => {
      edit(simulation, account, withSpec(change(account)));
    },
    (simulation, account) => {
      const planned = Object.keys(change(account)).map((field): [string, unknown] => [
        field,
        account.spec[field],
      ]);
      edit(simulation, account, withSpec(Object.fromEntries<unknown>(planned)));
    },
  );
}

function limitsFor(ms: number, limits: Readonly<Record<string, unknown>>): AccountAction {
  return specFor(ms, ({ spec }) => ({ limits: { ...recordAt(spec, 'limits'), ...limits } }));
}

function anotherUser({ userId }: PlannedAccount): string {
  return USERS.find((user) => user !== userId) ?? 'user_a';
}

/** Only once the account has recorded its own user: otherwise it would record the other one. */
function onceRecorded(action: AccountAction): AccountAction {
  return (simulation, account) => {
    const held = accountIn(simulation, account);
    if (held !== undefined && stringAt(statusOf(held), 'userId') === account.userId) {
      action(simulation, account);
    }
  };
}

function accept(user: (account: PlannedAccount) => string): AccountAction {
  return (simulation, account) => {
    edit(simulation, account, (held) => ({
      ...held,
      metadata: {
        ...held.metadata,
        annotations: { ...held.metadata.annotations, 'gpupod.dev/accept-user': user(account) },
      },
    }));
  };
}

/** Suspended meanwhile, and alone: what the other user would rent, nobody could terminate after that. */
function acceptOther(simulation: Simulation, account: PlannedAccount): void {
  if (countOf(simulation, account) > 0) return;
  setCount(simulation, account, Infinity);
  edit(simulation, account, withSpec({ suspend: true }));
  simulation.later(MINUTE_MS, () => {
    withKey((one) => keyOf(anotherUser(one), 1))(simulation, account);
    accept(anotherUser)(simulation, account);
  });
  simulation.later(7 * MINUTE_MS, () => {
    AS_PLANNED(simulation, account);
    accept(({ userId }) => userId)(simulation, account);
  });
  simulation.later(9 * MINUTE_MS, () => {
    setCount(simulation, account, 0);
    edit(simulation, account, withSpec({ suspend: account.spec['suspend'] }));
  });
}

/** The Secret is deleted. It may wait for its finalizer, so a person applies it again once it is gone. */
function deleteSecret(isForced: boolean): AccountAction {
  return (simulation, account) => {
    const { server, time } = simulation;
    const target = secretOf(account);
    if (server.get('secrets', target) === undefined || countOf(simulation, account) === Infinity) return;
    if (isForced) {
      const bare = (held: RawObject): RawObject => ({
        ...held,
        metadata: { ...held.metadata, finalizers: [] },
      });
      server.edit('secrets', target, bare, 'person');
    }
    server.delete('secrets', target, 'person');
    // The Secret of an account in use stays for as long as it is in use, so this is no planned action to wait for.
    const applyAgain = (): void => {
      if (server.get('secrets', target) === undefined) writeKey(simulation, account, account.key);
      else time.schedule(MINUTE_MS, applyAgain);
    };
    time.schedule(4 * MINUTE_MS, applyAgain);
  };
}

/** The GpuPods that have something with this account, by what their status says. */
function holdersOf(simulation: Simulation, { namespace, name }: PlannedAccount): readonly RawObject[] {
  return simulation.objects().filter((object) => {
    const { kind, name: stated } = recordAt(statusOf(object), 'account');
    const isIts = stated === name && (kind === 'GpuAccount') === (namespace !== undefined);
    const isHere = namespace === undefined || object.metadata.namespace === namespace;
    return (
      isIts && isHere && podIdOf(object) !== undefined && object.metadata.deletionTimestamp === undefined
    );
  });
}

/** Deletes the account while it is in use, suspends what holds it, and applies both again once it is gone. */
const deleteAccount: AccountAction = (simulation, account) => {
  const uid = accountIn(simulation, account)?.metadata.uid;
  if (uid === undefined || countOf(simulation, account) > 0) return;
  simulation.server.delete(pluralOf(account), account, 'person');
  const suspended = new Set<string>();
  const setSuspend = (target: string, suspend: boolean): void => {
    if (simulation.object(target) !== undefined) simulation.edit(withSpec({ suspend }), target);
  };
  const proceed = (): void => {
    if (accountIn(simulation, account)?.metadata.uid !== uid) {
      createAccount(simulation, account);
      for (const target of suspended) setSuspend(target, false);
      return;
    }
    for (const object of holdersOf(simulation, account)) {
      if (specOf(object)['suspend'] === true) continue;
      const target = `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
      suspended.add(target);
      setSuspend(target, true);
    }
    simulation.later(POLL_MS, proceed);
  };
  simulation.later(MINUTE_MS, proceed);
};

/** What people do to accounts and their Secrets. */
export const ACCOUNT_ACTIONS: Readonly<Record<string, AccountAction>> = {
  'key rotated to another of its user': forAWhile(
    0,
    withKey(({ userId }) => keyOf(userId, 2)),
    () => undefined,
  ),
  'key of another user for 5 min': onceRecorded(
    forAWhile(
      5 * MINUTE_MS,
      withKey((account) => keyOf(anotherUser(account), 1)),
      AS_PLANNED,
    ),
  ),
  'key that is refused for 3 min': forAWhile(
    3 * MINUTE_MS,
    withKey(() => 'no-such-key-at-all'),
    AS_PLANNED,
  ),
  'key that is none for 3 min': forAWhile(
    3 * MINUTE_MS,
    withKey(() => '{"not": "a key"}'),
    AS_PLANNED,
  ),
  'another user accepted for 6 min': onceRecorded(acceptOther),
  'Secret deleted': deleteSecret(false),
  'Secret deleted by force': deleteSecret(true),
  'account suspended for 4 min': specFor(4 * MINUTE_MS, () => ({ suspend: true })),
  'account deleted, and applied again': deleteAccount,
  'limits lowered for 6 min': limitsFor(6 * MINUTE_MS, {
    maxInstances: 0,
    maxPrice: 0.5,
    perNamespace: { maxInstances: 0 },
  }),
  'limits raised for 3 min': limitsFor(3 * MINUTE_MS, {
    maxInstances: 20,
    maxGpus: 20,
    maxPricePerHour: 100,
    perNamespace: { maxInstances: 10, maxPricePerHour: 100 },
  }),
  'watch of accounts broken for 4 min': (simulation) => {
    if (simulation.payers !== undefined) simulation.payers.staleMs = 6 * MINUTE_MS;
    for (const operator of simulation.operators) operator.breakAccountWatches(4 * MINUTE_MS);
  },
};
