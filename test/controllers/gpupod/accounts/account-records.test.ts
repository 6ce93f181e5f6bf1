import { describe, expect, it } from '@jest/globals';
import {
  dependantsOf,
  dependantsOfUser,
  UNUSED,
  usageByAccount,
  usageReader,
} from '../../../../src/controllers/gpupod/accounts/account-records.ts';
import type { OpenCreates } from '../../../../src/controllers/gpupod/accounts/account-records.ts';
import { accountKey } from '../../../../src/lifecycle/account-identity.ts';
import { recordedReference } from '../../../../src/accounts/sums/stated.ts';
import type { GpuPodStatus } from '../../../../src/api/gpupod/status.ts';
import type { KubernetesObject } from '../../../../src/kubernetes/objects.ts';
import { VirtualClock } from '../../../kubernetes/support/virtual-clock.ts';
import { gpuPod, rawGpuPod } from '../../../support/builders/gpu-pod.ts';
import type { GpuPodOverrides } from '../../../support/builders/gpu-pod.ts';
import { intent } from '../../../support/builders/intent.ts';

const INTENDED = { kind: 'GpuAccount', name: 'intended' } as const;
const STATED = { kind: 'ClusterGpuAccount', name: 'stated' } as const;
const OF_INTENT = intent({ payer: INTENDED });

function statusOf(account: Partial<NonNullable<GpuPodStatus['account']>> = {}): Partial<GpuPodStatus> {
  return { podId: 'pod-1', account: { userId: 'user-1', ...account } };
}

describe('the account that a GpuPod records', () => {
  it.each<{ name: string; given: GpuPodOverrides; recorded: object | undefined }>([
    { name: 'none for a new GpuPod', given: { spec: { accountRef: STATED } }, recorded: undefined },
    { name: 'that of its create intent', given: { intent: OF_INTENT }, recorded: INTENDED },
    {
      name: 'that of its instance, whatever its intent says',
      given: { intent: OF_INTENT, status: statusOf(STATED) },
      recorded: STATED,
    },
    {
      name: "none where its status says that the operator's own key pays",
      given: { intent: OF_INTENT, status: statusOf() },
      recorded: undefined,
    },
    {
      name: 'that of its intent, where the status of its instance names no account',
      given: { intent: OF_INTENT, status: { podId: 'pod-1' } },
      recorded: INTENDED,
    },
    {
      name: 'that of the last instance, where its intent was stripped',
      given: { status: { account: { userId: 'user-1', ...STATED } } },
      recorded: STATED,
    },
    {
      name: 'none of a kind that this version does not know',
      given: { status: statusOf({ kind: 'GalaxyGpuAccount', name: 'x' }) },
      recorded: undefined,
    },
  ])('is $name', ({ given, recorded }) => {
    expect(recordedReference(gpuPod(given))).toEqual(recorded);
  });
});

/** A create intent holds the account that it names. */
const BY_INTENT: OpenCreates = {
  isCreatingFor: () => false,

  openAccountOf: (held) => {
    const reference = recordedReference(held);
    return reference === undefined ? undefined : accountKey(reference, held.metadata.namespace);
  },
};

function nothingProven(): () => [] {
  return () => [];
}

describe('what GpuPods have with each account', () => {
  const cost = { pricePerHour: 2, billedPerHour: 3 };
  const objects = [
    rawGpuPod({ uid: 'a', status: { ...statusOf(STATED), cost } }),
    rawGpuPod({ uid: 'b', namespace: 'team-b', status: { ...statusOf(STATED), cost: { pricePerHour: 2 } } }),
    rawGpuPod({ uid: 'c', intent: OF_INTENT }),
    rawGpuPod({ uid: 'd', status: { ...statusOf(), cost } }),
  ];

  it('counts instances and the price that is billed, over all namespaces of a ClusterGpuAccount', () => {
    expect([...usageByAccount(objects, BY_INTENT, nothingProven)]).toEqual([
      [
        'ClusterGpuAccount/stated',
        {
          instances: 2,
          usdPerHour: 5,
          gpus: 2,
          holders: ['team-a/train-1', 'team-b/train-1'],
          namespaces: [
            { namespace: 'team-a', instances: 1, usdPerHour: 3, gpus: 1 },
            { namespace: 'team-b', instances: 1, usdPerHour: 2, gpus: 1 },
          ],
        },
      ],
      ['GpuAccount/team-a/intended', { ...UNUSED, holders: ['team-a/train-1'] }],
    ]);
  });

  it('is summed up at most twice a second, because that reads all GpuPods', async () => {
    const clock = new VirtualClock();
    let lists = 0;
    const list = () => {
      lists += 1;
      return objects;
    };
    const usageOf = usageReader({ list }, clock, BY_INTENT, nothingProven);
    for (let at = 0; at < 20; at += 1) usageOf('ClusterGpuAccount/stated');
    expect(lists).toBe(1);
    await clock.advance(500);
    expect(usageOf('ClusterGpuAccount/stated').instances).toBe(2);
    expect(usageOf('GpuAccount/team-x/none').instances).toBe(0);
    expect(lists).toBe(2);
  });

  it('is summed up at once for an account whose first create request begins, and not again for its others', () => {
    let held: readonly KubernetesObject[] = [];
    const creating = new Set<string>();
    const creates = { ...BY_INTENT, isCreatingFor: (account: string) => creating.has(account) };
    const usageOf = usageReader({ list: () => held }, new VirtualClock(), creates, nothingProven);
    expect(usageOf('GpuAccount/team-a/intended')).toEqual(UNUSED);
    held = objects;
    expect(usageOf('GpuAccount/team-a/intended')).toEqual(UNUSED);
    creating.add('GpuAccount/team-a/intended');
    expect(usageOf('GpuAccount/team-a/intended').holders).toEqual(['team-a/train-1']);
    held = [];
    expect(usageOf('GpuAccount/team-a/intended').holders).toEqual(['team-a/train-1']);
  });
});

describe('the GpuPods that an account concerns', () => {
  const objects = [
    rawGpuPod({ name: 'silent' }),
    rawGpuPod({ name: 'names', spec: { accountRef: { kind: 'GpuAccount', name: 'mine' } } }),
    rawGpuPod({
      name: 'records',
      spec: { accountRef: STATED },
      intent: intent({ payer: { kind: 'GpuAccount', name: 'mine' } }),
    }),
    rawGpuPod({
      name: 'elsewhere',
      namespace: 'team-b',
      spec: { accountRef: { kind: 'GpuAccount', name: 'mine' } },
    }),
  ];

  it.each([
    {
      of: { kind: 'GpuAccount', name: 'mine', namespace: 'team-a' },
      keys: ['team-a/names', 'team-a/records'],
    },
    { of: { kind: 'GpuAccount', name: 'default', namespace: 'team-a' }, keys: ['team-a/silent'] },
    { of: { kind: 'GpuAccount', name: 'default', namespace: 'team-b' }, keys: [] },
    { of: { kind: 'ClusterGpuAccount', name: 'stated' }, keys: ['team-a/silent', 'team-a/records'] },
    { of: { kind: 'ClusterGpuAccount', name: 'other' }, keys: ['team-a/silent'] },
  ] as const)('are $keys for $of.kind $of.name', ({ of, keys }) => {
    expect(dependantsOf(of, objects)).toEqual(keys);
  });
});

it('finds the GpuPods of a user by what is recorded with instance or create intent, whatever account named the key', () => {
  const objects = [
    rawGpuPod({ name: 'by-status', status: statusOf(STATED) }),
    rawGpuPod({ name: 'by-intent', uid: 'uid-2', intent: OF_INTENT }),
    rawGpuPod({ name: 'of-another', uid: 'uid-3', status: statusOf({ userId: 'user-2' }) }),
    rawGpuPod({ name: 'of-nobody', uid: 'uid-4' }),
  ];
  expect(dependantsOfUser({ userId: 'user-1' }, objects)).toEqual(['team-a/by-status', 'team-a/by-intent']);
});
