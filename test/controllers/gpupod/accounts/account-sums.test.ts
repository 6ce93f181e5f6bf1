import { beforeEach, expect, it } from '@jest/globals';
import { accountLimits } from '../../../../src/api/gpuaccount/limits.ts';
import { Reservations } from '../../../../src/accounts/sums/reservations.ts';
import { countOthers } from '../../../../src/controllers/gpupod/accounts/account-sums.ts';
import type { Policy } from '../../../../src/lifecycle/settings.ts';
import { OPEN_POLICY } from '../../../support/builders/policy.ts';
import { INSTALLATION } from '../../../support/builders/intent.ts';
import { rented, TEAM_B } from '../../../accounts/support/reservations-bench.ts';
import { VirtualClock } from '../../../kubernetes/support/virtual-clock.ts';
import { ANY_PAYER } from '../../../support/builders/payers.ts';

const LIMITS = accountLimits(false).parse({ maxInstances: 5, maxGpus: 8, perNamespace: { maxInstances: 2 } });
let reads = 0;

beforeEach(() => {
  reads = 0;
});

function othersOf(policy: Partial<Policy>): ReturnType<typeof countOthers> {
  const reservations = new Reservations({
    view: {
      get: () => rented(),
      changes: () => ({
        take: () => {
          reads += 1;
          return new Set(reads === 1 ? ['team-a/train-1'] : []);
        },
      }),
    },
    clock: new VirtualClock(),
    installation: INSTALLATION,
    timings: { settleMs: 90_000, settleSpacingMs: 30_000, massAbsenceMs: 30_000, foreignRequestMs: 60_000 },
    assumedPrice: 0,
    expected: () => [TEAM_B],
    payers: ANY_PAYER,
  });
  reservations.takeInventory(TEAM_B, { instances: [], beganAtMs: 0 }, new Set([undefined]));
  reservations.takeRetained(TEAM_B, []);
  return countOthers(
    {
      policy: { ...OPEN_POLICY, ...policy },
      reference: { kind: 'GpuAccount', name: 'default' },
      session: {
        name: TEAM_B.name,
        account: { state: { kind: 'fits', userId: 'user-b' } },
        inventory: { awaited: () => TEAM_B.wallets },
        reservations,
      },
    },
    { uid: 'uid-b', namespace: 'team-b' },
  );
}

it('reads what changed once, however many limits there are', () => {
  const account = { name: 'GpuAccount team-b/default', limits: LIMITS, defaults: {} };
  expect(othersOf({ maxTotalPricePerHour: 9_000_000, account })).toMatchObject({
    kind: 'counted',
    micros: 1_900_000,
    accountSums: [{ counted: 0 }, { counted: 0 }, { counted: 0 }],
  });
  expect(reads).toBe(1);
});

it('reads nothing where no sum is limited', () => {
  expect(othersOf({})).toEqual({ kind: 'counted', micros: 0, accountSums: [] });
  expect(reads).toBe(0);
});
