import { describe, expect, it } from '@jest/globals';
import type { AccountCondition } from '../../../src/api/gpuaccount/status.ts';
import { draftAccountStatus } from '../../../src/controllers/gpuaccount/account-status.ts';
import type { AccountFacts } from '../../../src/controllers/gpuaccount/account-status.ts';
import { failure } from '../../support/builders/snapshots.ts';
import type { GpuAccount } from '../../../src/api/gpuaccount/gpu-account.ts';
import { gpuAccount } from './support/account.ts';
import type { AccountOverrides } from './support/account.ts';

const ORIGIN = 'https://api.test';
const WALL_MS = Date.UTC(2026, 10, 30, 12);
const FITS = { kind: 'fits', origin: ORIGIN, userId: 'user-1', sinceMs: 0 } as const;
const CHANGED = { ...FITS, kind: 'changed', userId: 'user-2', message: 'belongs to user-2' } as const;

function draft(facts: Partial<AccountFacts>, overrides: AccountOverrides = {}) {
  return draftOf(gpuAccount(overrides), facts);
}

function draftOf(account: GpuAccount, facts: Partial<AccountFacts>) {
  const known = {
    state: FITS,
    isRefused: false,
    instances: 0,
    usdPerHour: 0,
    gpus: 0,
    holders: [],
    namespaces: [],
    wallMs: WALL_MS,
  };
  return draftAccountStatus(account, { ...known, ...facts });
}

describe('the namespaces of an account', () => {
  const usage = Array.from({ length: 22 }, (_, index) => ({
    namespace: `team-${String.fromCodePoint(97 + index)}`,
    instances: 1,
    gpus: 2,
    // Binary fractions of prices do not belong into a status.
    usdPerHour: index === 21 ? 0.1 + 0.2 : index % 2,
  }));
  const ofCluster = { name: 'ml', namespace: null };

  it('are listed for a ClusterGpuAccount: the most expensive first, equal ones by name, and at most 20', () => {
    const { namespaces = [], otherNamespaces } = draft({ namespaces: usage }, ofCluster);
    expect(namespaces).toHaveLength(20);
    expect(namespaces.slice(0, 2)).toEqual([
      { namespace: 'team-b', instances: 1, gpus: 2, pricePerHour: 1 },
      { namespace: 'team-d', instances: 1, gpus: 2, pricePerHour: 1 },
    ]);
    expect(namespaces).toContainEqual({ namespace: 'team-v', instances: 1, gpus: 2, pricePerHour: 0.3 });
    expect(otherNamespaces).toBe(2);
    expect(draft({ namespaces: usage.toReversed() }, ofCluster).namespaces).toEqual(namespaces);
  });

  it('are an empty list without instances, so that what was listed before goes', () => {
    const before = draft({ namespaces: usage }, ofCluster);
    expect(draft({}, { ...ofCluster, status: before })).toMatchObject({
      namespaces: [],
      otherNamespaces: 0,
    });
  });

  it('are not listed for a GpuAccount, which has one', () => {
    expect(draft({ namespaces: usage.slice(0, 1) })).not.toHaveProperty('namespaces');
  });
});

describe('Ready of an account', () => {
  it.each<{
    name: string;
    facts: Partial<AccountFacts>;
    overrides?: AccountOverrides;
    conditions: readonly string[];
  }>([
    { name: 'KeyAccepted for a key whose user is known', facts: {}, conditions: ['Ready True KeyAccepted'] },
    {
      name: 'Suspended, although the key is good',
      facts: {},
      overrides: { spec: { suspend: true } },
      conditions: ['Ready False Suspended'],
    },
    {
      name: 'Checking before the first question',
      facts: { state: { kind: 'unknown' } },
      conditions: ['Ready Unknown Checking', 'Reconciling True Checking'],
    },
    {
      name: 'CredentialsMissing without a key',
      facts: { state: { kind: 'unknown', failure: failure({ reason: 'CredentialsMissing' }) } },
      conditions: ['Ready False CredentialsMissing', 'Stalled True CredentialsMissing'],
    },
    {
      name: 'Unauthorized for a key that is refused with 401',
      facts: { state: { kind: 'unknown', failure: failure({ reason: 'Unauthorized', httpStatus: 401 }) } },
      conditions: ['Ready False Unauthorized', 'Stalled True Unauthorized'],
    },
    {
      name: 'Forbidden for a key that is refused with 403',
      facts: { state: { kind: 'unknown', failure: failure({ reason: 'Unauthorized', httpStatus: 403 }) } },
      conditions: ['Ready False Forbidden', 'Stalled True Forbidden'],
    },
    {
      name: 'ApiUnavailable where the provider does not answer',
      facts: { state: { kind: 'unknown', failure: failure({ reason: 'ApiUnavailable' }) } },
      conditions: ['Ready Unknown ApiUnavailable', 'Reconciling True ApiUnavailable'],
    },
    {
      name: 'ApiUnavailable where only the question about the user hangs',
      facts: {
        state: {
          kind: 'fits',
          origin: ORIGIN,
          sinceMs: 0,
          unanswered: failure({ reason: 'ApiUnavailable' }),
        },
      },
      conditions: ['Ready Unknown ApiUnavailable', 'Reconciling True ApiUnavailable'],
    },
    {
      name: 'Forbidden for a key that may not read its own user',
      facts: { state: { kind: 'fits', origin: ORIGIN, sinceMs: 0 } },
      conditions: ['Ready False Forbidden', 'Stalled True Forbidden'],
    },
    {
      name: 'AccountChanged for the key of another user',
      facts: { state: CHANGED },
      conditions: ['Ready False AccountChanged', 'Stalled True AccountChanged'],
    },
    {
      name: 'Unauthorized for a key that was revoked after it was accepted',
      facts: { isRefused: true },
      conditions: ['Ready False Unauthorized', 'Stalled True Unauthorized'],
    },
  ])('is $name', ({ facts, overrides, conditions }) => {
    const { conditions: drafted = [] } = draft(facts, overrides);
    expect(drafted.map(({ type, status, reason }) => `${type} ${status} ${reason}`)).toEqual(conditions);
    expect(drafted.map(({ observedGeneration }) => observedGeneration)).toEqual(drafted.map(() => 3));
  });

  it.each([
    { httpStatus: 401, says: 'the provider answered. Write a valid key into the Secret.' },
    { httpStatus: 403, says: 'the provider answered. Give the key the permission user:read.' },
  ])('says after $httpStatus what to do: $says', ({ httpStatus, says }) => {
    const refused = failure({ reason: 'Unauthorized', message: 'the provider answered.', httpStatus });
    const [ready] = draft({ state: { kind: 'unknown', failure: refused } }).conditions ?? [];
    expect(ready?.message).toBe(says);
  });

  it('says of a revoked key what it costs and what to do', () => {
    const [ready] = draft({ isRefused: true }).conditions ?? [];
    expect(ready?.message).toMatch(/keep billing.* into the Secret/);
  });

  it.each<{ holders: readonly string[]; who: RegExp }>([
    { holders: ['team-a/x'], who: /what GpuPod team-a\/x has rented .* Delete this GpuPod: / },
    {
      holders: ['team-a/y', 'team-a/x'],
      who: /what GpuPods team-a\/x, team-a\/y have rented .* Delete these GpuPods: /,
    },
  ])('names what holds a deleted account: $holders', ({ holders, who }) => {
    const account = gpuAccount();
    const metadata = { ...account.metadata, deletionTimestamp: '2026-11-30T11:00:00Z' };
    const { conditions = [] } = draftOf({ ...account, metadata }, { holders });
    expect(conditions[0]?.message).toMatch(who);
  });

  it('keeps the time of the last change while its status is the same', () => {
    const before: AccountCondition = {
      type: 'Ready',
      status: 'False',
      observedGeneration: 1,
      lastTransitionTime: '2026-11-01T00:00:00Z',
      reason: 'CredentialsMissing',
      message: '',
    };
    const status = { conditions: [before] };
    const timeOf = (facts: Partial<AccountFacts>): string | undefined =>
      draft(facts, { status }).conditions?.[0]?.lastTransitionTime;
    expect(timeOf({ isRefused: true })).toBe('2026-11-01T00:00:00Z');
    expect(timeOf({})).toBe('2026-11-30T12:00:00Z');
  });
});

describe('the user of an account', () => {
  const recorded = { userId: 'user-1', origin: ORIGIN };

  it.each<{
    name: string;
    facts?: Partial<AccountFacts>;
    overrides?: AccountOverrides;
    userId: string | undefined;
  }>([
    { name: 'is recorded the first time', userId: 'user-1' },
    {
      name: 'stays when the key changes',
      facts: { state: CHANGED },
      overrides: { status: recorded },
      userId: 'user-1',
    },
    {
      name: 'changes to the one that a person accepted',
      facts: { state: CHANGED },
      overrides: { status: recorded, annotations: { 'gpupod.dev/accept-user': 'user-2' } },
      userId: 'user-2',
    },
    {
      name: 'stays where a person accepted a third one',
      facts: { state: CHANGED },
      overrides: { status: recorded, annotations: { 'gpupod.dev/accept-user': 'user-3' } },
      userId: 'user-1',
    },
    {
      name: 'is not that of a key which belongs to another user than the GpuPods of the account name',
      facts: { state: CHANGED },
      userId: undefined,
    },
    { name: 'is unknown before the first answer', facts: { state: { kind: 'unknown' } }, userId: undefined },
  ])('$name', ({ facts = {}, overrides = {}, userId }) => {
    expect(draft(facts, overrides).userId).toBe(userId);
  });

  it('is recorded with the address of the API', () => {
    expect(draft({})).toMatchObject({ userId: 'user-1', origin: ORIGIN });
  });
});

it('shows instances, and their price without the noise of floating point', () => {
  expect(draft({ instances: 3, usdPerHour: 0.1 + 0.2 })).toMatchObject({
    instances: 3,
    pricePerHour: 0.3,
    displayPerHour: '0.30',
  });
});
