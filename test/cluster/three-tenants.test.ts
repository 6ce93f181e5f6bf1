import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { JsonRecord } from '../../src/json.ts';
import { openReleased, OPERATOR_NAMESPACE } from '../support/deployed.ts';
import type { Deployed } from '../support/deployed.ts';
import { findSecret } from '../support/find-secret.ts';
import { until } from '../support/until.ts';
import { ON_INSTANCES, ON_LIMITS, ON_OWN } from './support/attempts-on-instances.ts';
import { ON_KEYS, ON_MONEY } from './support/attempts-on-wallets.ts';
import { answerOf, parseObject } from './support/tenant-attempts.ts';
import type { Attempt, Outcome } from './support/tenant-attempts.ts';

const MINUTE_MS = 60_000;
jest.setTimeout(2 * MINUTE_MS);

/** One API key for each user at the provider. They occur nowhere but in Secrets. */
const KEYS = {
  operator: 'key-of-operator-4711',
  red: 'key-of-red-4712',
  blue: 'key-of-blue-4713',
  platform: 'key-of-platform-4714',
} as const;
const OWNERS = Object.keys(KEYS) as readonly (keyof typeof KEYS)[];
const NAMESPACES = ['red', 'blue', 'green'];
const ROLES = ['admin', 'edit', 'view'];

const ATTEMPTS: readonly (Attempt & { readonly goal: string })[] = Object.entries({
  'the money of another': ON_MONEY,
  'the key of another': ON_KEYS,
  'the instance of another': ON_INSTANCES,
  'other limits': ON_LIMITS,
  'the end of what is their own': ON_OWN,
}).flatMap(([goal, attempts]) => attempts.map((attempt) => ({ goal, ...attempt })));

let deployed: Deployed;
/** The GpuPod of blue, as its owner sees it. */
let blue: JsonRecord;
/** What the provider bills before the first attempt. */
let before: ReturnType<typeof billed>;

/** Each instance with who pays for it, and when it ended. */
function billed(): readonly (readonly [user: string, podId: string, endedAtMs: number | null])[] {
  return deployed.simulator.ledger.entries().map(({ userId, id, endedAtMs }) => [userId, id, endedAtMs]);
}

function account(kind: string, metadata: object, key: string, spec: object = {}): object {
  const apiKeySecretRef = { name: key };
  return { apiVersion: 'gpupod.dev/v1alpha1', kind, metadata, spec: { apiKeySecretRef, ...spec } };
}

function secret(namespace: string, name: string, key: string): object {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { namespace, name }, stringData: { 'api-key': key } };
}

function gpuPod(namespace: string, name: string): object {
  const spec = { gpu: { types: ['H100_80GB'] }, maxPrice: 3 };
  return { apiVersion: 'gpupod.dev/v1alpha1', kind: 'GpuPod', metadata: { namespace, name }, spec };
}

/** Namespaces with an admin, an editor and a viewer each, by the ClusterRoles that the chart extends. */
async function createTenants(): Promise<void> {
  const rbac = 'rbac.authorization.k8s.io';
  const bindings = NAMESPACES.flatMap((namespace) =>
    ROLES.map((role) => ({
      apiVersion: `${rbac}/v1`,
      kind: 'RoleBinding',
      metadata: { namespace, name: role },
      roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: role },
      subjects: [{ apiGroup: rbac, kind: 'User', name: `${namespace}-${role}` }],
    })),
  );
  await deployed.apply(
    ...NAMESPACES.map((name) => ({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name, labels: { tenant: name } },
    })),
    ...bindings,
    // Somebody granted this user everything of the group, the status too, but not the verb accept-user.
    {
      apiVersion: `${rbac}/v1`,
      kind: 'Role',
      metadata: { namespace: 'red', name: 'custom' },
      rules: [
        {
          apiGroups: ['gpupod.dev'],
          resources: ['*'],
          verbs: ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'],
        },
      ],
    },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'RoleBinding',
      metadata: { namespace: 'red', name: 'custom' },
      roleRef: { apiGroup: rbac, kind: 'Role', name: 'custom' },
      subjects: [{ apiGroup: rbac, kind: 'User', name: 'red-custom' }],
    },
  );
}

/** Each tenant brings what is its own, with its own rights; the platform lends green an account. */
async function rentForEach(): Promise<void> {
  await deployed.apply(
    secret(OPERATOR_NAMESPACE, 'platform-key', KEYS.platform),
    account('ClusterGpuAccount', { name: 'platform' }, 'platform-key', {
      namespaceSelector: { matchLabels: { tenant: 'green' } },
      isDefault: true,
      limits: { perNamespace: { maxInstances: 1 } },
    }),
  );
  const bring = async (user: string, ...objects: readonly object[]): Promise<void> => {
    for (const object of objects) {
      const { code, stderr } = await deployed.as(user, ['apply', '-f', '-'], JSON.stringify(object));
      expect({ user, code, stderr }).toEqual({ user, code: 0, stderr: '' });
    }
  };
  for (const name of ['red', 'blue'] as const) {
    const key = `${name}-key`;
    await bring(
      `${name}-admin`,
      secret(name, key, KEYS[name]),
      account('GpuAccount', { namespace: name, name: 'default' }, key),
    );
  }
  await bring('blue-admin', account('GpuAccount', { namespace: 'blue', name: 'blue-only' }, 'blue-key'));
  for (const namespace of NAMESPACES) await bring(`${namespace}-edit`, gpuPod(namespace, 'own'));
  for (const namespace of NAMESPACES) {
    await deployed.kubectl('-n', namespace, 'wait', 'gpupod/own', '--for=condition=Ready', '--timeout=60s');
  }
  for (const namespace of ['red', 'blue']) {
    await deployed.untilValue(
      ['-n', namespace, 'gpuaccount/default'],
      '{.metadata.finalizers}',
      (is) => is !== '',
    );
  }
}

async function conditionOf({ args }: Attempt, { object, type }: Outcome): Promise<string> {
  const namespace = args[0] === '-n' ? (args[1] ?? '') : 'red';
  const path = `jsonpath={.status.conditions[?(@.type=="${type}")].reason}`;
  return (await deployed.controlPlane.kubectl(['-n', namespace, 'get', object, '-o', path])).stdout;
}

beforeAll(async () => {
  const accounts = OWNERS.map((name) => ({
    key: KEYS[name],
    userId: `user_${name}`,
    teams: [`team_${name}`],
  }));
  const values = ['accounts.enabled', 'admissionPolicy.enabled', 'rbac.aggregateToEdit'];
  deployed = await openReleased(
    values.map((value) => `${value}=true`),
    { settings: { accounts } },
  );
  await createTenants();
  for (const [role, rule] of [
    ['admin', 'accept-user'],
    ['edit', 'gpupods'],
    ['view', 'gpuaccounts'],
  ] as const) {
    await deployed.untilValue(['clusterrole', role], '{.rules}', (rules) => rules.includes(rule));
  }
  const forged = account(
    'GpuAccount',
    { namespace: 'red', name: 'probe', finalizers: ['gpupod.dev/in-use'] },
    'x',
  );
  await deployed.untilRefused(['create', '-f', '-'], JSON.stringify(forged));
  await deployed.start();
  await rentForEach();
  before = billed();
  blue = parseObject(await deployed.kubectl('-n', 'blue', 'get', 'gpupod', 'own', '-o', 'json'));
}, 40 * MINUTE_MS);

afterEach(() => {
  // No attempt costs or ends anything, not even for a moment.
  const expected = before;
  before = billed();
  expect(before).toEqual(expected);
});

afterAll(async () => {
  await deployed.stop();
});

describe('three tenants with their own rights', () => {
  it('each pay for their own instance, and nobody for another', () => {
    expect(before.map(([user]) => user).toSorted()).toEqual(['user_blue', 'user_platform', 'user_red']);
  });

  it.each(ATTEMPTS)('does not give $who $goal: $name', async (attempt) => {
    const { who, args, input, answer, comesTo } = attempt;
    const where = args[0] === '-n' ? [] : ['-n', 'red'];
    const result = await deployed.as(who, [...where, ...args], input?.(blue));
    expect(answerOf(result)).toBe(answer);
    if (comesTo !== undefined) {
      await until(
        `${comesTo.object} says ${comesTo.reason}`,
        async () => ((await conditionOf(attempt, comesTo)) === comesTo.reason ? true : undefined),
        async () => await conditionOf(attempt, comesTo),
      );
    }
  });

  it('leaves every instance alone through the next sweeps of all accounts', async () => {
    const { requests, ledger } = deployed.simulator;
    const lists = (user: string): number =>
      requests
        .all()
        .filter(({ userId, method, route }) => userId === user && method === 'GET' && route === '/pods/')
        .length;
    const users = OWNERS.map((name) => `user_${name}`);
    const seen = new Map(users.map((user) => [user, lists(user)]));
    await until(
      'each account is listed three times',
      async () =>
        Promise.resolve(users.every((user) => lists(user) >= (seen.get(user) ?? 0) + 3) || undefined),
      () => JSON.stringify(users.map((user) => [user, lists(user)])),
    );
    expect(ledger.deletes).toEqual([]);
    const recorded = ['-n', 'red', 'get', 'gpuaccount', 'default', '-o', 'jsonpath={.status.userId}'];
    expect(await deployed.kubectl(...recorded)).toBe('user_red');
    expect(requests.count({ method: 'POST', path: '/pods/' })).toBe(NAMESPACES.length);
    for (const namespace of NAMESPACES) {
      const ready = ['-n', namespace, 'wait', 'gpupod/own', '--for=condition=Ready', '--timeout=1s'];
      expect(await deployed.controlPlane.kubectl(ready)).toMatchObject({ code: 0 });
    }
  });

  it('shows no API key to anybody who may view, in no log and in no event', async () => {
    const shown = [JSON.stringify(deployed.log.lines)];
    for (const namespace of NAMESPACES) {
      const args = ['-n', namespace, 'get', 'gpupods,gpuaccounts,events,configmaps', '-o', 'yaml'];
      const { stdout, code } = await deployed.as(`${namespace}-view`, args);
      expect(code).toBe(0);
      shown.push(stdout);
    }
    shown.push(await deployed.kubectl('get', 'clustergpuaccounts', '-o', 'yaml'));
    expect(findSecret(shown.join('\n'), KEYS)).toEqual([]);
    expect(deployed.log.lines.filter(({ level }) => level === 'error')).toEqual([]);
  });
});
