import type { FaultRuleInput } from '../../../src/simulator/faults/effect.ts';
import type { OfferInput } from '../../../src/simulator/world/offer.ts';
import type { SettingsInput } from '../../../src/simulator/world/settings.ts';
import { OFFERS } from '../simulation-offers.ts';

/** A team that lists show. */
export const TEAM = 'team_1';
/** A team that no list shows, so that a missing row proves nothing. */
export const UNSEEN_TEAM = 'team_3';

/** An offer that appears late in each random run. */
export const SCARCE_ID = 'scarce-h200';

function row(
  gpuType: string,
  cloudId: string,
  usdPerHour: number,
  market?: OfferInput['market'],
): OfferInput {
  const [first] = OFFERS;
  if (first === undefined) throw new Error('there are no offers');
  return { ...first, gpuType, cloudId, provider: 'lambdalabs', prices: { onDemand: usdPerHour }, market };
}

/** Several offers of each type, so that some refusals leave others. */
function several(gpuType: string, cloudId: string, usdPerHour: number, count = 4): readonly OfferInput[] {
  return Array.from({ length: count }, (_, index) =>
    row(gpuType, `${cloudId}-${index}`, usdPerHour + index / 10),
  );
}

/** The market of a random run: the usual offers, and those for special kinds. */
export const RUN_OFFERS: readonly OfferInput[] = [
  ...OFFERS,
  ...several('H100_80GB', 'more-h100', 2.5),
  row('A100_80GB', 'liar-a100', 1, { createPriceFactor: 4 }),
  ...several('A100_80GB', 'honest-a100', 1.5),
  row('L40S_48GB', 'stuck-l40s', 0.8),
  ...several('L40S_48GB', 'good-l40s', 1),
  ...several('H200_141GB', SCARCE_ID, 2.5).map((offer) => ({
    ...offer,
    stockStatus: 'Unavailable' as const,
  })),
  // Each failed offer is in a cooldown of half an hour for everybody.
  ...several('A10_24GB', 'never-a10', 0.5, 10),
  ...several('A40_48GB', 'late-a40', 0.5, 10),
  ...several('B200_180GB', 'dear-b200', 3.5),
  ...several('GB300', 'whole-rack', 500),
  // A create request cannot tell these two apart, and gets the first.
  { ...row('RTX4090_24GB', 'twin-rtx', 0.6), isSpot: true, prices: { onDemand: 0.4 } },
  row('RTX4090_24GB', 'twin-rtx', 0.6),
  ...several('RTX4090_24GB', 'plain-rtx', 0.8),
  row('A6000_48GB', 'dearer-a6000', 0.7),
  ...several('A6000_48GB', 'late-a6000', 0.9),
  ...several('L4_24GB', 'cut-l4', 0.6),
  ...several('V100_32GB', 'loud-v100', 0.6),
  row('RTX6000Ada_48GB', 'failing-ada', 0.7),
  ...several('RTX6000Ada_48GB', 'good-ada', 0.9),
];

const PRICED_LATE = { priceShownFrom: 'Active', priceShownLateMs: 30_000 } as const;

export const RUN_PROVIDER: SettingsInput = {
  podRules: [
    { cloudId: 'dearer-a6000', ...PRICED_LATE, activePriceFactor: 9 },
    { gpuType: 'A6000_48GB', ...PRICED_LATE },
    { gpuType: 'L4_24GB', nameMaxLength: 50 },
    { gpuType: 'V100_32GB', namePrefix: 'acct7-', nameCase: 'Upper' },
    { cloudId: 'failing-ada', outcome: 'FailureTextOnly' },
    { cloudId: 'stuck-l40s', outcome: 'StuckProvisioning' },
    { gpuType: 'A10_24GB', outcome: 'StuckProvisioning' },
    // The first two attempts of a life. The name of an instance has the number before the namespace.
    { gpuType: 'A40_48GB', nameIncludes: '-1-team-a-', outcome: 'StuckProvisioning' },
    { gpuType: 'A40_48GB', nameIncludes: '-2-team-a-', outcome: 'StuckProvisioning' },
  ],
  accounts: [
    { key: 'test-key', userId: 'user_1', teams: [TEAM, 'team_2', UNSEEN_TEAM] },
    { key: 'other-key', userId: 'user_2', teams: ['team_2'] },
  ],
};

const CREATE = { method: 'POST', path: '/pods/' } as const;
const OF_UNSEEN_TEAM = { ...CREATE, contains: UNSEEN_TEAM };

/**
 * Permanent faults: a team that no list shows, and whose create responses are lost now and then, carried out
 * or not.
 */
export const RUN_FAULTS: readonly FaultRuleInput[] = [
  { ...OF_UNSEEN_TEAM, effect: { kind: 'HideCreated', ms: 1e9 } },
  { ...OF_UNSEEN_TEAM, nth: 1, effect: { kind: 'ResetAfter' } },
  { ...OF_UNSEEN_TEAM, every: 3, effect: { kind: 'Answer', status: 500 } },
];

/** The wallet of one team is empty for a while. */
export function withoutMoney(forMs: number): FaultRuleInput {
  return {
    ...CREATE,
    contains: TEAM,
    forMs,
    effect: { kind: 'Answer', status: 402, body: { detail: 'Insufficient balance' } },
  };
}
