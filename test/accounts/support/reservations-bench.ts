import type { RawObject } from '../../../src/kubernetes/objects.ts';
import type { InstanceSnapshot } from '../../../src/lifecycle/provider.ts';
import type { StatedPayers } from '../../../src/accounts/sums/stated-intent.ts';
import type { CountedAccount, ExpectedAccount } from '../../../src/accounts/sums/awaited-lists.ts';
import { Reservations } from '../../../src/accounts/sums/reservations.ts';
import type { Owner } from '../../../src/accounts/sums/stated.ts';
import type { Intent } from '../../../src/lifecycle/intent.ts';
import { rawGpuPod, rentedStatus } from '../../support/builders/gpu-pod.ts';
import type { GpuPodOverrides } from '../../support/builders/gpu-pod.ts';
import { INSTALLATION, intent } from '../../support/builders/intent.ts';
import { ANY_PAYER } from '../../support/builders/payers.ts';
import { gpuPodSource } from '../../support/gpu-pod-source.ts';
import { aSnapshot } from '../../support/builders/snapshots.ts';

export const ASSUMED = 7_000_000;
export const OTHER = 'another uid';
export const OWN_KEY: CountedAccount = {
  name: 'operator',
  userId: 'user-1',
  isOwn: true,
  wallets: [{ wallet: undefined }],
};
export const TEAM_B: CountedAccount = {
  name: 'GpuAccount/team-b/default',
  userId: 'user-b',
  isOwn: false,
  wallets: [{ wallet: undefined }],
};
const OWNER: Owner = { account: 'operator', namespace: 'team-a' };
export const LIVE = aSnapshot({ status: 'ACTIVE', priceUsdPerHour: 2.5 });

/** New reservations for each test, with the GpuPods, the time and the expected accounts that the test sets. */
export class ReservationsBench {
  nowMs = Date.parse('2026-11-23T12:00:00Z');
  objects: RawObject[] = [];
  expected: readonly ExpectedAccount[] = [OWN_KEY];
  payerOf: StatedPayers = ANY_PAYER;
  readonly reservations = new Reservations({
    view: gpuPodSource(() => this.objects),
    clock: {
      nowMs: () => this.nowMs,
      monotonicMs: () => this.nowMs,
      sleep: async () => Promise.resolve(),
    },
    installation: INSTALLATION,
    timings: { settleMs: 90_000, settleSpacingMs: 30_000, massAbsenceMs: 30_000, foreignRequestMs: 60_000 },
    assumedPrice: ASSUMED,
    expected: () => this.expected,
    payers: (reference, namespace) => this.payerOf(reference, namespace),
  });

  constructor() {
    this.reservations.takeRetained(OWN_KEY, []);
    this.reservations.takeRetained(TEAM_B, []);
  }

  /** Takes a complete list, 100 s after the previous one. */
  list(...instances: readonly InstanceSnapshot[]): void {
    this.nowMs += 100_000;
    this.takeAt(this.nowMs, instances);
  }

  takeAt(
    beganAtMs: number,
    instances: readonly InstanceSnapshot[] = [],
    complete: readonly (string | undefined)[] = [undefined],
    lister = OWN_KEY,
  ): void {
    this.reservations.takeInventory(lister, { instances, beganAtMs }, new Set(complete));
  }

  /** Micro-dollars per hour of all others. */
  elsewhere(uid: string): number {
    return this.reservations.elsewhere(uid).micros;
  }

  reserve(uid: string, create: Intent, micros: number | undefined): boolean {
    const limits = micros === undefined ? [] : [{ scope: {}, micros }];
    return this.reservations.reserve({ uid, intent: create, owner: OWNER, session: OWN_KEY, limits });
  }
}

export function rented(overrides: GpuPodOverrides = {}): RawObject {
  return rawGpuPod({ intent: intent(), ...overrides, status: rentedStatus(overrides.status) });
}
