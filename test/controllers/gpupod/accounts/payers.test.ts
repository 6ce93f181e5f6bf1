import { describe, expect, it } from '@jest/globals';
import { AccountRegistry } from '../../../../src/accounts/registry.ts';
import type { AccountSession } from '../../../../src/accounts/session.ts';
import type { AccountViews } from '../../../../src/controllers/gpupod/accounts/known-accounts.ts';
import { LocalStates } from '../../../../src/controllers/gpupod/local-states.ts';
import { Payers } from '../../../../src/controllers/gpupod/accounts/payers.ts';
import type { Acting } from '../../../../src/controllers/gpupod/accounts/payers.ts';
import type { RawObject } from '../../../../src/kubernetes/objects.ts';
import { readIntent } from '../../../../src/lifecycle/intent.ts';
import { gpuPod } from '../../../support/builders/gpu-pod.ts';
import type { GpuPodOverrides } from '../../../support/builders/gpu-pod.ts';
import { INSTALLATION } from '../../../support/builders/intent.ts';
import { localState } from '../../../support/builders/observation.ts';
import { OPEN_POLICY } from '../../../support/builders/policy.ts';
import { rawAccount } from '../../gpuaccount/support/account.ts';
import { SessionBench } from '../support/session-bench.ts';

const KEY = 'team-a/train-1';
const OWN = 'GpuAccount/team-a/default';
const NAMESPACE = { metadata: { name: 'team-a', uid: 'uid-namespace', resourceVersion: '1' } };

function sessionOf(name: string): AccountSession {
  return { ...new SessionBench().session, name };
}

function viewsOf(accounts: readonly RawObject[]): AccountViews {
  const viewOf = (objects: readonly RawObject[]) => ({
    get: (key: string) =>
      objects.find(
        ({ metadata: { name, namespace } }) => key === [namespace, name].filter(Boolean).join('/'),
      ),
    list: () => objects,
  });
  return {
    gpuAccounts: viewOf(accounts.filter(({ metadata }) => metadata.namespace !== undefined)),
    cluster: {
      accounts: viewOf(accounts.filter(({ metadata }) => metadata.namespace === undefined)),
      namespaces: { get: () => NAMESPACE, list: () => [NAMESPACE] },
    },
  };
}

interface Cluster {
  readonly accounts?: readonly RawObject[];
  /** Names of the accounts with a session. */
  readonly open?: readonly string[];
}

function payersOf({ accounts = [], open = [] }: Cluster, isServing = true) {
  const registry = new AccountRegistry(sessionOf('operator'), ...open.map(sessionOf));
  const views = isServing ? viewsOf(accounts) : undefined;
  return new Payers({ registry, policy: OPEN_POLICY, localStates: new LocalStates(), views });
}

function actingFor(payers: Payers, overrides: GpuPodOverrides): Acting {
  const object = gpuPod(overrides);
  const facts = {
    localState: localState(),
    intent: readIntent(object),
    mayAdopt: false,
    installation: INSTALLATION,
  };
  return payers.of(KEY, object, { gpuPod: object, ...facts });
}

describe('the GpuPods that a session acted for last', () => {
  it('are known until another session acts for them, or they are gone', () => {
    const registry = new AccountRegistry(sessionOf('operator'));
    const views = viewsOf([rawAccount()]);
    const payers = new Payers({ registry, policy: OPEN_POLICY, localStates: new LocalStates(), views });
    const session = sessionOf(OWN);
    registry.add(session);
    actingFor(payers, {});
    expect(payers.keysOf(session)).toEqual([KEY]);
    registry.remove(OWN);
    expect(payers.keysOf(session)).toEqual([KEY]);
    actingFor(payers, {});
    expect(payers.keysOf(session)).toEqual([]);
    expect(payers.keysOf(registry.own)).toEqual([KEY]);
    payers.forget(KEY);
    expect(payers.keysOf(registry.own)).toEqual([]);
  });
});

function clusterAccount(name: string, spec: Record<string, unknown>): RawObject {
  return rawAccount({ name, namespace: null, spec });
}

describe('who looks for what a deleted GpuPod without a record may have', () => {
  const ML = { kind: 'ClusterGpuAccount', name: 'ml' } as const;
  const toAll = { namespaceSelector: {}, isDefault: true };
  const leaving = rawAccount();
  leaving.metadata.deletionTimestamp = '2026-11-23T10:00:00Z';

  it.each<{
    name: string;
    cluster: Cluster;
    spec?: GpuPodOverrides['spec'];
    session: string;
    problem?: object;
  }>([
    {
      name: 'its suspended account',
      cluster: { accounts: [rawAccount({ spec: { suspend: true } })], open: [OWN] },
      session: OWN,
    },
    {
      name: 'its account that is being deleted',
      cluster: { accounts: [leaving], open: [OWN] },
      session: OWN,
    },
    {
      name: 'the named account, although it does not select the namespace',
      cluster: { accounts: [clusterAccount('ml', {})], open: ['ClusterGpuAccount/ml'] },
      spec: { accountRef: ML },
      session: 'ClusterGpuAccount/ml',
    },
    { name: "the operator's own key, where there is no account", cluster: {}, session: 'operator' },
    {
      name: 'nobody, where several accounts could have paid',
      cluster: { accounts: [clusterAccount('ml', toAll), clusterAccount('research', toAll)] },
      session: 'operator',
      problem: { reason: 'AmbiguousAccount', holdsDeletion: true },
    },
    {
      name: 'nobody, where the named account does not exist',
      cluster: {},
      spec: { accountRef: ML },
      session: 'operator',
      problem: { reason: 'AccountNotFound', holdsDeletion: true },
    },
    {
      name: 'nobody yet, where its account has no session',
      cluster: { accounts: [rawAccount()] },
      session: 'operator',
      problem: { reason: 'Starting' },
    },
  ])('is $name', ({ cluster, spec = {}, session, problem }) => {
    const acting = actingFor(payersOf(cluster), { isDeleting: true, spec });
    expect(acting.session.name).toBe(session);
    const { message: _message, ...said } = acting.payerProblem ?? { message: '' };
    expect(said).toEqual(problem ?? {});
  });

  it.each<{ name: string; isServing: boolean; overrides: GpuPodOverrides }>([
    {
      name: 'that may have rented nothing, because it has no finalizer',
      isServing: true,
      overrides: { finalizers: [] },
    },
    { name: 'where no accounts are served', isServing: false, overrides: {} },
  ])('does not hold one back $name', ({ isServing, overrides }) => {
    const payers = payersOf({}, isServing);
    const acting = actingFor(payers, { isDeleting: true, spec: { accountRef: ML }, ...overrides });
    expect(acting.payerProblem?.reason).toBeDefined();
    expect(acting.payerProblem?.holdsDeletion).toBeUndefined();
  });
});
