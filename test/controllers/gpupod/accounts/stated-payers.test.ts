import { expect, it } from '@jest/globals';
import { statedPayers } from '../../../../src/controllers/gpupod/accounts/stated-payers.ts';
import type { AccountViews } from '../../../../src/controllers/gpupod/accounts/known-accounts.ts';
import { OPEN_POLICY } from '../../../support/builders/policy.ts';
import { rawAccount } from '../../gpuaccount/support/account.ts';

const ML = rawAccount({
  name: 'ml',
  namespace: null,
  spec: {
    namespaceSelector: { matchLabels: { team: 'b' } },
    limits: { maxPrice: 2, maxGpus: 8 },
  },
});
const NAMESPACES = new Map([
  ['team-a', 'a'],
  ['team-b', 'b'],
]);
const VIEWS: AccountViews = {
  gpuAccounts: { get: () => undefined, list: () => [] },
  cluster: {
    accounts: { get: (name) => (name === 'ml' ? ML : undefined), list: () => [ML] },
    namespaces: {
      list: () => [],
      get: (name) => {
        const team = NAMESPACES.get(name);
        const metadata = { name, uid: name, resourceVersion: '1' };
        return team === undefined
          ? undefined
          : { apiVersion: 'v1', kind: 'Namespace', metadata: { ...metadata, labels: { team } } };
      },
    },
  },
};
const POLICY = { ...OPEN_POLICY, maxPriceCeiling: 3_000_000 };

it.each([
  {
    name: 'that selects the namespace',
    payer: 'ml',
    namespace: 'team-b',
    isForNamespace: true,
    maxPrice: 2_000_000,
  },
  {
    name: 'that selects another',
    payer: 'ml',
    namespace: 'team-a',
    isForNamespace: false,
    maxPrice: 2_000_000,
  },
  {
    name: 'of a namespace without known labels',
    payer: 'ml',
    namespace: 'team-c',
    isForNamespace: true,
    maxPrice: 2_000_000,
  },
  { name: 'that is gone', payer: 'gone', namespace: 'team-a', isForNamespace: true, maxPrice: 3_000_000 },
  {
    name: 'of the operator itself',
    payer: undefined,
    namespace: 'team-a',
    isForNamespace: true,
    maxPrice: 3_000_000,
  },
])('knows what an account allows $name', ({ payer, namespace, isForNamespace, maxPrice }) => {
  const reference = payer === undefined ? undefined : ({ kind: 'ClusterGpuAccount', name: payer } as const);
  expect(statedPayers(POLICY, VIEWS)(reference, namespace)).toMatchObject({
    isForNamespace,
    maxPrice,
    ...(payer === 'ml' ? { maxGpus: 8, allowPrepaid: false } : {}),
  });
});
