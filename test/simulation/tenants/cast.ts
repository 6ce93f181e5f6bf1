import type { OfferInput } from '../../../src/simulator/world/offer.ts';
import type { SettingsInput } from '../../../src/simulator/world/settings.ts';
import { OFFERS } from '../simulation-offers.ts';

/** Users of the provider whose keys tenants bring. The operator's own key is test-key of user_1. */
export const USERS = ['user_a', 'user_b', 'user_c', 'user_d'] as const;
export const TEAM_OF_A = 'team_lab';

/** A key of this user. Several accounts may have keys of one user, and that of the operator may be among them. */
export function keyOf(user: string, number: 1 | 2): string {
  return `${number === 1 ? 'first' : 'second'}-secret-of-${user}`;
}

function accountOf(user: string): NonNullable<SettingsInput['accounts']> {
  const teams = user === 'user_a' ? [TEAM_OF_A] : [];
  return [
    { key: keyOf(user, 1), userId: user, teams },
    { key: keyOf(user, 2), userId: user, teams },
  ];
}

function rows(gpuType: string, cloudId: string, usdPerHour: number, gpuCount = 1): readonly OfferInput[] {
  const [first] = OFFERS;
  if (first === undefined) throw new Error('there are no offers');
  return [0, 1, 2, 3].map((index) => ({
    ...first,
    gpuType,
    gpuCount,
    cloudId: `${cloudId}-${String(index)}`,
    provider: 'lambdalabs',
    prices: { onDemand: usdPerHour + index / 10 },
  }));
}

/** What each GPU type of the market costs at least, by the number of GPUs. */
export const CHEAPEST: Readonly<Record<string, number>> = {
  '1 H100_80GB': 1.9,
  '2 H100_80GB': 3.6,
  '1 A100_80GB': 1.2,
  '1 L40S_48GB': 0.8,
};

export const TENANT_OFFERS: readonly OfferInput[] = [
  ...OFFERS,
  ...rows('H100_80GB', 'more-h100', 2.1),
  ...rows('H100_80GB', 'pair-h100', 3.6, 2),
  ...rows('A100_80GB', 'late-a100', 1.2),
  ...rows('L40S_48GB', 'closed-l40s', 0.8),
];

export const TENANT_PROVIDER: SettingsInput = {
  podRules: [
    // The SSH server is late, and the price is shown when it is ACTIVE.
    { gpuType: 'A100_80GB', sshLateMs: 60_000, priceShownFrom: 'Active', priceShownLateMs: 120_000 },
    // One SSH server never answers.
    { cloudId: 'closed-l40s-0', sshServer: 'Closes' },
  ],
  accounts: [
    { key: 'test-key', userId: 'user_1', teams: [] },
    { key: 'other-key', userId: 'user_2', teams: [] },
    { key: keyOf('user_1', 2), userId: 'user_1', teams: [] },
    ...USERS.flatMap((user) => accountOf(user)),
  ],
};
