import type { OfferLimits } from '../../../../src/offers/account-limits.ts';
import { offer } from '../builders.ts';
import type { CheckRow } from './row.ts';

/** An account that allows everything. */
const OPEN_ACCOUNT: OfferLimits = {
  owner: 'ClusterGpuAccount ml',
  maxPrice: undefined,
  gpuTypes: undefined,
  allowedProviders: undefined,
  deniedProviders: undefined,
  security: 'any',
  allowSpot: true,
  allowPrepaid: true,
};

const ANY = { placement: { spot: 'Allow', security: 'any', allowPrepaid: true } } as const;

interface AccountCase {
  readonly name: string;
  readonly limits: Partial<OfferLimits>;
  readonly offer?: Parameters<typeof offer>[0];
  readonly expected: CheckRow['expected'];
}

const CASES: readonly AccountCase[] = [
  { name: 'an account that allows everything', limits: {}, expected: 'fits' },
  { name: 'an allowed GPU type', limits: { gpuTypes: ['H100_80GB'] }, expected: 'fits' },
  { name: 'another GPU type', limits: { gpuTypes: ['A100_80GB'] }, expected: 'AccountLimit' },
  { name: 'no GPU type at all', limits: { gpuTypes: [] }, expected: 'AccountLimit' },
  { name: 'an allowed upstream provider', limits: { allowedProviders: ['hyperstack'] }, expected: 'fits' },
  { name: 'another upstream provider', limits: { allowedProviders: ['runpod'] }, expected: 'AccountLimit' },
  {
    name: 'a denied upstream provider',
    limits: { deniedProviders: ['hyperstack'] },
    expected: 'AccountLimit',
  },
  { name: 'the required security', limits: { security: 'secure_cloud' }, expected: 'fits' },
  { name: 'another security', limits: { security: 'community_cloud' }, expected: 'AccountLimit' },
  { name: 'spot', limits: { allowSpot: false }, offer: { isSpot: true }, expected: 'AccountLimit' },
  { name: 'on demand, where spot is forbidden', limits: { allowSpot: false }, expected: 'fits' },
  {
    name: 'prepaid hours',
    limits: { allowPrepaid: false },
    offer: { prepaidHours: 1 },
    expected: 'AccountLimit',
  },
  { name: 'no prepaid hours', limits: { allowPrepaid: false }, expected: 'fits' },
  { name: 'a price above the limit', limits: { maxPrice: 10_000 }, expected: 'AboveAccountMaxPrice' },
  { name: 'a price below the limit', limits: { maxPrice: 100_000_000 }, expected: 'fits' },
];

export const ACCOUNT_ROWS: readonly CheckRow[] = CASES.map(({ name, limits, offer: change, expected }) => ({
  name,
  why: 'the account that pays says so',
  offer: offer(change),
  spec: ANY,
  accountLimits: { ...OPEN_ACCOUNT, ...limits },
  expected,
}));
