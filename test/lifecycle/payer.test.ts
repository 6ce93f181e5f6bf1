import { describe, expect, it } from '@jest/globals';
import type { AccountReference } from '../../src/lifecycle/account-identity.ts';
import { choosePayer, findCandidate, policyFor } from '../../src/lifecycle/payer.ts';
import type { KnownAccount, KnownAccounts } from '../../src/lifecycle/payer.ts';
import { gpuPod } from '../support/builders/gpu-pod.ts';
import { OPEN_POLICY } from '../support/builders/policy.ts';

const OWN: AccountReference = { kind: 'GpuAccount', name: 'default' };
const ML: AccountReference = { kind: 'ClusterGpuAccount', name: 'ml' };

function account(reference: AccountReference, overrides: Partial<KnownAccount> = {}): KnownAccount {
  return {
    reference,
    teamId: undefined,
    isSuspended: false,
    isDeleting: false,
    isForNamespace: true,
    ...overrides,
  };
}

function known(
  accounts: readonly KnownAccount[],
  defaults: readonly KnownAccount[] = [],
  hasClusterAccounts = true,
): KnownAccounts {
  return {
    hasClusterAccounts,
    find: ({ kind, name }) =>
      accounts.find(({ reference }) => reference.kind === kind && reference.name === name),
    defaults: () => defaults,
  };
}

describe('who pays for the next instance', () => {
  it.each<{
    name: string;
    accountRef?: AccountReference;
    known: KnownAccounts | undefined;
    payer: object;
  }>([
    {
      name: "the operator's own key, where no accounts are served",
      known: undefined,
      payer: { kind: 'operator' },
    },
    {
      name: "the operator's own key, where there is no account",
      known: known([]),
      payer: { kind: 'operator' },
    },
    {
      name: 'the GpuAccount default of the namespace, before a default of the cluster',
      known: known([account(OWN)], [account(ML)]),
      payer: { account: { reference: OWN } },
    },
    {
      name: 'nobody, if the GpuAccount default cannot be read',
      known: known([account(OWN, { unreadable: 'spec.teamId: expected string' })], [account(ML)]),
      payer: {
        kind: 'none',
        problem: {
          reason: 'AccountNotFound',
          message: expect.stringContaining('cannot be read by this version of the operator (spec.teamId'),
        },
      },
    },
    {
      name: 'nobody, if the default of the cluster cannot be read',
      known: known([], [account(ML, { unreadable: 'spec: x' })]),
      payer: { kind: 'none', problem: { reason: 'AccountNotFound' } },
    },
    {
      name: 'nobody, if the named account cannot be read',
      accountRef: ML,
      known: known([account(ML, { unreadable: 'spec: x' })]),
      payer: { kind: 'none', problem: { reason: 'AccountNotFound' } },
    },
    {
      name: 'the one default of the cluster',
      known: known([], [account(ML)]),
      payer: { account: { reference: ML } },
    },
    {
      name: 'the named account, before every default',
      accountRef: ML,
      known: known([account(OWN), account(ML)]),
      payer: { account: { reference: ML } },
    },
    {
      name: 'nobody, where accounts are named and not served',
      accountRef: OWN,
      known: undefined,
      payer: { problem: { reason: 'NotAllowed', message: expect.stringContaining('--gpu-accounts=false') } },
    },
    {
      name: 'nobody, where a ClusterGpuAccount is named and only some namespaces are watched',
      accountRef: ML,
      known: known([account(ML)], [], false),
      payer: { problem: { reason: 'NotAllowed', message: expect.stringContaining('some namespaces only') } },
    },
    {
      name: 'nobody, where the named account does not exist',
      accountRef: ML,
      known: known([], [account(ML)]),
      payer: {
        problem: { reason: 'AccountNotFound', message: expect.stringContaining('a cluster administrator') },
      },
    },
    {
      name: 'nobody, where the named account does not select the namespace',
      accountRef: ML,
      known: known([account(ML, { isForNamespace: false })]),
      payer: { problem: { reason: 'NotAllowed', message: expect.stringContaining('namespaceSelector') } },
    },
    {
      name: 'nobody, where two defaults select the namespace',
      known: known([], [account({ ...ML, name: 'b' }), account({ ...ML, name: 'a' })]),
      payer: { problem: { reason: 'AmbiguousAccount', message: expect.stringContaining('(a, b)') } },
    },
    {
      name: "nobody, where the default is suspended: the operator's own key must not pay instead",
      known: known([account(OWN, { isSuspended: true })], [account(ML)]),
      payer: { problem: { reason: 'AccountSuspended', message: expect.stringContaining('spec.suspend') } },
    },
    {
      name: 'nobody yet, where nothing shows whether the named account selects the namespace',
      accountRef: ML,
      known: known([account(ML, { isForNamespace: undefined })]),
      payer: { problem: { reason: 'Starting' } },
    },
    {
      name: 'nobody yet, where nothing shows whether a default selects the namespace',
      known: known([], [account(ML, { isForNamespace: undefined })]),
      payer: { problem: { reason: 'Starting' } },
    },
    {
      name: 'the GpuAccount default, although nothing shows which defaults of the cluster select the namespace',
      known: known([account(OWN)], [account(ML, { isForNamespace: undefined })]),
      payer: { account: { reference: OWN } },
    },
    {
      name: 'nobody, where the account is being deleted',
      known: known([account(OWN, { isDeleting: true })]),
      payer: {
        problem: { reason: 'AccountSuspended', message: expect.stringContaining('is being deleted') },
      },
    },
  ])('is $name', ({ accountRef, known: accounts, payer }) => {
    const spec = accountRef === undefined ? {} : { accountRef };
    expect(choosePayer(gpuPod({ spec }), accounts)).toMatchObject(payer);
  });
});

describe('who looks for what a deleted GpuPod without a record may have', () => {
  it.each<{ name: string; known: KnownAccounts; candidate: object }>([
    {
      name: 'a suspended account',
      known: known([account(ML, { isSuspended: true })]),
      candidate: { kind: 'account' },
    },
    {
      name: 'one that is being deleted',
      known: known([account(ML, { isDeleting: true })]),
      candidate: { kind: 'account' },
    },
    {
      name: 'one that does not select the namespace any more',
      known: known([account(ML, { isForNamespace: false })]),
      candidate: { kind: 'account' },
    },
    { name: 'nobody where the account does not exist', known: known([]), candidate: { kind: 'none' } },
  ])('is $name', ({ known: accounts, candidate }) => {
    expect(findCandidate(gpuPod({ spec: { accountRef: ML } }), accounts)).toMatchObject(candidate);
  });
});

describe('the settings of the operator, for another account', () => {
  const policy = {
    ...OPEN_POLICY,
    maxPriceCeiling: 3_000_000,
    defaultTeamId: 'team-1',
    allowedTeamIds: ['team-2'],
    defaultSshKeyId: 'key-1',
    allowedDiskIds: ['disk-1'],
  };

  it('keep their limits, and lose the teams and the SSH key of the operator', () => {
    expect(policyFor(policy, {})).toEqual({
      ...OPEN_POLICY,
      maxPriceCeiling: 3_000_000,
      allowedTeamIds: [],
      allowedDiskIds: ['disk-1'],
    });
  });

  it('have the team of the account as the one that pays', () => {
    expect(policyFor(policy, { teamId: 'team-9' }).defaultTeamId).toBe('team-9');
  });
});
