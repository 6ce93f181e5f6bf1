import { describe, expect, it } from '@jest/globals';
import { sampleAccounts } from '../../src/composition/account-samples.ts';
import type { AccountSources } from '../../src/composition/account-samples.ts';
import type { Counted } from '../../src/accounts/sums/sum-limits.ts';
import { ACCOUNT_REASONS } from '../../src/api/gpuaccount/conditions.ts';
import type { AccountReason } from '../../src/api/gpuaccount/conditions.ts';
import type { Reason } from '../../src/api/gpupod/conditions.ts';
import type { AccountSample } from '../../src/observability/account-sample.ts';
import type { AccountState } from '../../src/lifecycle/observation.ts';
import type { FailureReason } from '../../src/lifecycle/provider.ts';
import type { RawObject } from '../../src/kubernetes/objects.ts';
import { rawAccount } from '../controllers/gpuaccount/support/account.ts';
import type { AccountOverrides } from '../controllers/gpuaccount/support/account.ts';
import { summaryOf } from '../accounts/support/summary.ts';
import { condition } from '../support/builders/conditions.ts';
import { rawGpuPod } from '../support/builders/gpu-pod.ts';
import type { GpuPodOverrides } from '../support/builders/gpu-pod.ts';

const TEAM = 'GpuAccount/team-a/default';
const ML = 'ClusterGpuAccount/ml';
const FITS: AccountState = { kind: 'fits', origin: 'https://api.test', userId: 'user-1', sinceMs: 0 };

interface Given {
  readonly accounts?: readonly RawObject[];
  readonly gpuPods?: readonly RawObject[];
  readonly own?: { readonly state?: AccountState; readonly keyProblems?: readonly FailureReason[] };
  readonly breaker?: readonly ('PaymentRequired' | 'QuotaExceeded')[];
  readonly counted?: readonly Counted[];
  readonly isServing?: boolean;
}

function sample({
  accounts = [],
  gpuPods = [],
  own = {},
  breaker = [],
  counted = [],
  isServing = true,
}: Given): ReadonlyMap<string, AccountSample> {
  const sessionOf = (state: AccountState, keyProblems: readonly FailureReason[] = []) => ({
    account: { state },
    health: { keyProblems },
    circuitBreakers: { reasons: () => breaker },
  });
  const viewOf = (objects: readonly RawObject[], keyOf: (object: RawObject) => string) => ({
    list: () => objects,
    get: (key: string) => objects.find((object) => keyOf(object) === key),
  });
  const isNamespaced = ({ metadata }: RawObject): boolean => metadata.namespace !== undefined;
  const namespace = { metadata: { name: 'team-a', uid: 'uid-namespace', resourceVersion: '1' } };
  const sources: AccountSources = {
    registry: {
      own: { ...sessionOf(own.state ?? FITS, own.keyProblems), circuitBreakers: { reasons: () => [] } },
      get: () => sessionOf(FITS),
    },
    views: isServing
      ? {
          gpuAccounts: viewOf(
            accounts.filter(isNamespaced),
            ({ metadata }) => `${String(metadata.namespace)}/${metadata.name}`,
          ),
          cluster: {
            accounts: viewOf(
              accounts.filter((one) => !isNamespaced(one)),
              ({ metadata }) => metadata.name,
            ),
            namespaces: { get: () => namespace, list: () => [namespace] },
          },
        }
      : undefined,
    gpuPods,
  };
  const samples = sampleAccounts(sources, summaryOf(counted));
  return new Map(samples.map((one) => [one.account, one]));
}

function ready(reason: AccountReason): Pick<AccountOverrides, 'status'> {
  const { status } = ACCOUNT_REASONS[reason];
  const ofReason = { type: 'Ready', status, reason, message: '', observedGeneration: 1 } as const;
  return { status: { conditions: [{ ...ofReason, lastTransitionTime: '2026-11-23T10:00:00Z' }] } };
}

function waitingPod(reason: Reason<'Synced'>, overrides: GpuPodOverrides = {}): RawObject {
  const status = { ...overrides.status, conditions: [condition('Synced', reason)] };
  return rawGpuPod({ finalizers: [], ...overrides, status });
}

function countedFor(account: string | undefined, namespace: string, gpus: number): Counted {
  return {
    micros: 2_000_000,
    instances: 1,
    gpus,
    owner: account === undefined ? undefined : { account, namespace },
    userId: 'user-1',
  };
}

const perNamespace = rawAccount({ spec: { limits: { perNamespace: { maxGpus: 4 } } } });
const ORPHAN = countedFor(undefined, '', 1);
const ml = rawAccount({
  name: 'ml',
  namespace: null,
  spec: {
    namespaceSelector: {},
    isDefault: true,
    limits: { maxGpus: 16, maxInstances: 0, perNamespace: { maxPricePerHour: 8 } },
  },
});

describe('the sample of an account', () => {
  it('has the reason of its condition Ready, as kubectl shows it', () => {
    const samples = sample({
      accounts: [
        rawAccount(ready('KeyAccepted')),
        rawAccount({ name: 'bad', ...ready('Unauthorized') }),
        rawAccount({ name: 'new', spec: { suspend: true } }),
      ],
    });

    expect(samples.get(TEAM)).toMatchObject({ isReady: true, reason: 'KeyAccepted', isSuspended: false });
    expect(samples.get('GpuAccount/team-a/bad')).toMatchObject({ isReady: false, reason: 'Unauthorized' });
    expect(samples.get('GpuAccount/team-a/new')).toMatchObject({
      isReady: false,
      reason: 'Checking',
      isSuspended: true,
    });
  });

  it('has the share of each limit that is in use: orphans of its user count, and the fullest namespace', () => {
    const counted = [
      countedFor(ML, 'team-a', 4),
      countedFor(ML, 'team-a', 2),
      countedFor(ML, 'team-b', 1),
      countedFor(TEAM, 'team-a', 8),
      ORPHAN,
    ];
    const usage = sample({ accounts: [ml], counted }).get(ML)?.limitUsage;

    expect(Object.fromEntries(usage ?? [])).toEqual({
      maxGpus: 8 / 16,
      // Nothing fits into a limit of 0.
      maxInstances: 1,
      // The orphan has no name, so it may be of any namespace.
      'perNamespace.maxPricePerHour': 6 / 8,
    });
  });

  it.each([
    { title: 'of the account', account: perNamespace, of: TEAM },
    { title: 'that the account selects', account: ml, of: ML },
  ])('has the share of a namespace in which only orphans count, $title', ({ account, of }) => {
    const usage = sample({ accounts: [account], counted: [ORPHAN] }).get(of)?.limitUsage;
    expect([...(usage ?? [])].filter(([path]) => path.startsWith('perNamespace'))).toEqual([
      [expect.any(String), 1 / 4],
    ]);
  });

  it('is full where an instance may cost anything', () => {
    const unpriced = { ...countedFor(ML, 'team-a', 1), micros: 0, isPriceUnknown: true as const };
    const usage = sample({ accounts: [ml], counted: [unpriced] }).get(ML)?.limitUsage;
    expect(usage?.get('perNamespace.maxPricePerHour')).toBe(1);
  });

  it('has no share of limits that are not set', () => {
    expect(sample({ accounts: [rawAccount()] }).get(TEAM)?.limitUsage.size).toBe(0);
  });

  it('has the reasons of open circuit breakers', () => {
    const samples = sample({ accounts: [rawAccount()], breaker: ['PaymentRequired'] });
    expect([...(samples.get(TEAM)?.refused ?? [])]).toEqual(['PaymentRequired']);
  });

  it('leaves out an account that this version cannot read', () => {
    const broken = rawAccount({ name: 'broken', spec: { limits: { maxGpus: 'many' } } });
    expect([...sample({ accounts: [broken] }).keys()]).toEqual(['operator']);
  });
});

describe('the GpuPods that wait because of an account', () => {
  it.each<{
    title: string;
    gpuPod: RawObject;
    account: string | undefined;
    accounts?: RawObject[];
    breaker?: Given['breaker'];
  }>([
    {
      title: 'count for the account that the spec names',
      gpuPod: waitingPod('AccountSuspended', {
        spec: { accountRef: { kind: 'GpuAccount', name: 'default' } },
      }),
      account: TEAM,
    },
    {
      title: 'count for the account of their namespace',
      gpuPod: waitingPod('BudgetExceeded'),
      account: TEAM,
    },
    {
      title: 'count for the default of the cluster',
      gpuPod: waitingPod('BudgetExceeded', { namespace: 'team-b' }),
      account: ML,
    },
    {
      title: "count for the operator's own key without any",
      gpuPod: waitingPod('CredentialsMissing'),
      account: 'operator',
      accounts: [],
    },
    {
      title: 'count for nobody if the account does not exist',
      gpuPod: waitingPod('AccountSuspended', { spec: { accountRef: { kind: 'GpuAccount', name: 'gone' } } }),
      account: undefined,
    },
    {
      title: 'count for an account whose quota is refused',
      gpuPod: waitingPod('QuotaExceeded'),
      account: TEAM,
      breaker: ['QuotaExceeded'],
    },
    {
      title: 'do not count if the provider refused this request only',
      gpuPod: waitingPod('QuotaExceeded'),
      account: undefined,
    },
    {
      title: 'do not count while they wait for something else',
      gpuPod: waitingPod('InvalidRequest'),
      account: undefined,
    },
    {
      title: 'do not count with an instance',
      gpuPod: waitingPod('Unauthorized', { status: { podId: 'pod-1' } }),
      account: undefined,
    },
    {
      title: 'do not count while they are suspended themselves',
      gpuPod: waitingPod('BudgetExceeded', { spec: { suspend: true } }),
      account: undefined,
    },
    {
      title: 'do not count while they are deleted',
      gpuPod: waitingPod('BudgetExceeded', { isDeleting: true }),
      account: undefined,
    },
  ])('$title', ({ gpuPod, account, accounts = [rawAccount(), ml], breaker = [] }) => {
    const samples = [...sample({ accounts, gpuPods: [gpuPod], breaker }).values()];
    expect(samples.filter(({ waiting }) => waiting.size > 0).map((one) => one.account)).toEqual(
      account === undefined ? [] : [account],
    );
  });
});

describe("the sample of the operator's own key", () => {
  const missing = { keyProblems: ['CredentialsMissing'] } as const;
  const unnamed: AccountState = { kind: 'unknown' };

  it.each<{ title: string; given: Given; reason: string; refused: readonly string[] }>([
    { title: 'is ready', given: {}, reason: 'KeyAccepted', refused: [] },
    { title: 'was not asked yet', given: { own: { state: unnamed } }, reason: 'Checking', refused: [] },
    {
      title: 'belongs to another user',
      given: {
        own: { state: { kind: 'changed', origin: 'https://api.test', userId: 'b', message: 'other' } },
      },
      reason: 'AccountChanged',
      refused: ['AccountChanged'],
    },
    {
      title: 'is missing, and no accounts are served',
      given: { own: missing, isServing: false },
      reason: 'CredentialsMissing',
      refused: ['CredentialsMissing'],
    },
    {
      title: 'is missing, and every GpuPod has an account: nothing is wrong',
      given: { own: missing, accounts: [rawAccount()] },
      reason: 'CredentialsMissing',
      refused: [],
    },
    {
      title: 'is missing, and a GpuPod waits for it',
      given: { own: missing, gpuPods: [waitingPod('CredentialsMissing')] },
      reason: 'CredentialsMissing',
      refused: ['CredentialsMissing'],
    },
    {
      title: 'is missing, and an instance needs it',
      given: { own: missing, counted: [countedFor('operator', 'team-a', 1)] },
      reason: 'CredentialsMissing',
      refused: ['CredentialsMissing'],
    },
  ])('$title', ({ given, reason, refused }) => {
    const own = sample(given).get('operator');
    expect(own).toMatchObject({ reason, isReady: reason === 'KeyAccepted' });
    expect([...(own?.refused ?? [])]).toEqual(refused);
  });
});
