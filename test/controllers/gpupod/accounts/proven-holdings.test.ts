import { expect, it } from '@jest/globals';
import { provenHoldings } from '../../../../src/controllers/gpupod/accounts/proven-holdings.ts';
import type { ProvenHoldingsOptions } from '../../../../src/controllers/gpupod/accounts/proven-holdings.ts';
import { LocalStates } from '../../../../src/controllers/gpupod/local-states.ts';
import { proveId, proveIntent } from '../../../../src/lifecycle/id-proof.ts';
import type { StatedAccount } from '../../../../src/lifecycle/id-proof.ts';
import { freshLocalState } from '../../../../src/lifecycle/local-state.ts';
import type { GpuPodStatus } from '../../../../src/api/gpupod/status.ts';
import { objectKey } from '../../../../src/kubernetes/objects.ts';
import { gpuPod, rentedStatus } from '../../../support/builders/gpu-pod.ts';
import { IDENTITY, intent } from '../../../support/builders/intent.ts';

const KEY = 'proof-key';
const OF_A: StatedAccount = { kind: 'GpuAccount', name: 'a', userId: 'user-a' };
const OF_B: StatedAccount = { kind: 'ClusterGpuAccount', name: 'b', userId: 'user-b' };
const NAME_OF_A = 'GpuAccount/team-a/a';
const POD_ID = 'pod-1';

const unsigned = intent({ payer: { kind: 'GpuAccount', name: 'a' } });
const signedIntent = { ...unsigned, proof: proveIntent(KEY, IDENTITY.namespace, unsigned) };
function proofOf(account?: StatedAccount): string {
  return proveId(KEY, IDENTITY, POD_ID, account);
}

/** What the operator wrote for the account a. */
const OWN_STATUS = rentedStatus({ account: OF_A, podIdProof: proofOf(OF_A) });
const ENDED = [{ number: 1, outcome: 'Ended' as const, podName: 'x', startedAt: '2026-11-23T09:59:50Z' }];

interface Case {
  readonly name: string;
  readonly status: Partial<GpuPodStatus>;
  readonly hasIntent?: true;
  /** The last signed status that this process knows. */
  readonly signed?: GpuPodStatus;
  readonly known?: readonly StatedAccount[];
  readonly unknown?: readonly string[];
  readonly hasKey?: false;
  readonly expected: readonly string[];
}

function session(name: string): ReturnType<ProvenHoldingsOptions['registry']['all']>[number] {
  return { name, account: { state: { kind: 'unknown' } } };
}

it.each<Case>([
  { name: 'nothing beside a proven status', status: OWN_STATUS, expected: [] },
  { name: 'nothing beside a status without an instance', status: {}, hasIntent: true, expected: [] },
  {
    name: 'nothing where nothing can be signed',
    status: { ...OWN_STATUS, account: OF_B },
    hasKey: false,
    expected: [],
  },
  {
    name: 'the account that the proof names',
    status: { ...OWN_STATUS, account: OF_B },
    known: [OF_B, OF_A],
    expected: [NAME_OF_A],
  },
  {
    name: "nothing where the proof names the operator's own key",
    status: { ...OWN_STATUS, account: OF_B, podIdProof: proofOf({ userId: 'user-1' }) },
    known: [{ userId: 'user-1' }, OF_B],
    unknown: [NAME_OF_A],
    expected: [],
  },
  {
    name: 'each account of the namespace whose user is not known yet, where the proof names no other',
    status: { ...OWN_STATUS, account: OF_B },
    known: [OF_B],
    unknown: [NAME_OF_A, 'GpuAccount/team-b/a', 'ClusterGpuAccount/c'],
    expected: [NAME_OF_A, 'ClusterGpuAccount/c'],
  },
  {
    name: 'the account that the signed create intent names',
    status: { ...OWN_STATUS, account: OF_B, podIdProof: undefined },
    hasIntent: true,
    unknown: ['ClusterGpuAccount/c'],
    expected: [NAME_OF_A],
  },
  {
    name: 'nothing by a create intent whose attempt is over',
    status: { ...OWN_STATUS, account: OF_B, podIdProof: undefined, attempts: ENDED },
    hasIntent: true,
    expected: [],
  },
  {
    name: 'the account of the last signed status, beside one that only the ID is signed in',
    status: { ...OWN_STATUS, account: OF_B, podIdProof: proofOf() },
    signed: OWN_STATUS,
    expected: [NAME_OF_A],
  },
  {
    name: 'the account of the last signed status, beside one without an instance',
    status: { ...OWN_STATUS, account: OF_B, podId: undefined },
    signed: OWN_STATUS,
    expected: [NAME_OF_A],
  },
  {
    name: 'nothing by the last signed status, once the outcome is recorded',
    status: { attempts: ENDED },
    signed: OWN_STATUS,
    expected: [],
  },
])('names $name', ({ status, signed, hasIntent, known = [], unknown = [], hasKey = true, expected }) => {
  const object = gpuPod({ status, ...(hasIntent === true ? { intent: signedIntent } : {}) });
  const localStates = new LocalStates();
  if (signed !== undefined) {
    localStates.set(objectKey(object), object.metadata.uid, { ...freshLocalState(0, false), signed });
  }
  const proven = provenHoldings({
    localStates,
    proofKey: hasKey ? KEY : undefined,
    payers: { statedAccounts: () => known },
    registry: { all: () => unknown.map(session) },
  });
  expect(proven()(object).map(({ account }) => account)).toEqual(expected);
});

it('looks at an unproven status again once another account may have paid', () => {
  const accounts: StatedAccount[] = [OF_B];
  const proven = provenHoldings({
    localStates: new LocalStates(),
    proofKey: KEY,
    payers: { statedAccounts: () => accounts },
    registry: { all: () => [] },
  });
  const object = gpuPod({ status: { ...OWN_STATUS, account: OF_B } });
  expect(proven()(object)).toEqual([]);
  accounts.push(OF_A);
  expect(proven()(object).map(({ account }) => account)).toEqual([NAME_OF_A]);
});
