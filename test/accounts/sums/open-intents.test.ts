import { describe, expect, it } from '@jest/globals';
import type { ExpectedAccount } from '../../../src/accounts/sums/awaited-lists.ts';
import type { Intent } from '../../../src/lifecycle/intent.ts';
import { podName } from '../../../src/lifecycle/pod-name.ts';
import type { InstanceSnapshot } from '../../../src/lifecycle/provider.ts';
import { rawGpuPod } from '../../support/builders/gpu-pod.ts';
import { IDENTITY, intent } from '../../support/builders/intent.ts';
import { aSnapshot } from '../../support/builders/snapshots.ts';
import { OTHER, OWN_KEY, ReservationsBench } from '../support/reservations-bench.ts';

const OF_USER_1 = intent({ account: 'user-1' });
/** 60 s for a request that may be under way, and 90 s until lists show its instance. */
const SETTLED_MS = 150_000;
const PROOF: readonly number[] = [0, 40_000, 80_000];

class Bench extends ReservationsBench {
  readonly #beganMs = this.nowMs;

  /** The create intent stands on its GpuPod, and a sum has seen it. */
  static with(create: Intent): Bench {
    const bench = new Bench();
    bench.takeAt(bench.nowMs);
    bench.write(create);
    return bench;
  }

  write(create: Intent): void {
    this.objects = [rawGpuPod({ intent: create })];
    this.elsewhere(OTHER);
  }

  /** Takes a complete list at each of these times after it was first seen. */
  listAt(timesMs: readonly number[], ...instances: readonly InstanceSnapshot[]): void {
    for (const ms of timesMs) {
      this.nowMs = this.#beganMs + ms;
      this.takeAt(this.nowMs, instances);
    }
  }

  counts(): boolean {
    return this.elsewhere(OTHER) > 0;
  }
}

function after(sinceMs: number): readonly number[] {
  return PROOF.map((ms) => sinceMs + ms);
}

describe('a create intent that this process did not send', () => {
  it.each<{ name: string; create: Intent }>([
    { name: 'of this installation', create: OF_USER_1 },
    { name: 'of another installation', create: { ...OF_USER_1, installation: 'zzz999' } },
    { name: 'that names no user', create: intent({ account: undefined }) },
    { name: 'that may be sent later', create: { ...OF_USER_1, sendWithinMs: 20_000 } },
  ])('counts until three late lists show no instance: $name', ({ create }) => {
    const bench = Bench.with(create);
    const settledMs = SETTLED_MS + (create.sendWithinMs ?? 0);
    bench.listAt(after(settledMs).slice(0, 2));
    expect(bench.counts()).toBe(true);
    bench.listAt(after(settledMs).slice(2));
    expect(bench.counts()).toBe(false);
  });

  it.each<{ name: string; create?: Intent; timesMs: readonly number[] }>([
    { name: 'that began before they show every instance', timesMs: [1, 60_000, SETTLED_MS - 1] },
    { name: 'that are too close together', timesMs: [0, 1_000, 2_000].map((ms) => SETTLED_MS + ms) },
    {
      name: 'that began before it could no longer be sent',
      create: { ...OF_USER_1, sendWithinMs: 120_000 },
      timesMs: after(SETTLED_MS),
    },
  ])('counts in spite of lists $name', ({ create = OF_USER_1, timesMs }) => {
    const bench = Bench.with(create);
    bench.listAt(timesMs);
    expect(bench.counts()).toBe(true);
  });

  it('counts while a list that shows instances without names may show it', () => {
    const bench = Bench.with(OF_USER_1);
    const { name: _name, ...nameless } = aSnapshot({ podId: 'x', priceUsdPerHour: 0 });
    bench.listAt(after(SETTLED_MS), nameless);
    expect(bench.counts()).toBe(true);
  });

  it('counts while lists show its instance under a lost installation ID', () => {
    const name = podName('zzz999', { ...IDENTITY, name: 'train-1' }, 1);
    const bench = Bench.with({ ...OF_USER_1, name, installation: 'zzz999' });
    bench.listAt(after(SETTLED_MS), aSnapshot({ name, status: 'ACTIVE' }));
    expect(bench.counts()).toBe(true);
  });

  it('counts again if a list shows the instance later than any should', () => {
    const bench = Bench.with(OF_USER_1);
    bench.listAt(after(SETTLED_MS));
    expect(bench.counts()).toBe(false);
    bench.listAt([1_000_000], aSnapshot({ name: OF_USER_1.name, status: 'ACTIVE', priceUsdPerHour: 2.5 }));
    expect(bench.counts()).toBe(true);
  });

  it.each<{ name: string; change: Partial<Intent> }>([
    { name: 'by another process', change: { writtenBy: 'another' } },
    { name: 'for another user', change: { account: undefined } },
  ])('counts anew if it is written again, $name', ({ change }) => {
    const bench = Bench.with(OF_USER_1);
    bench.listAt(after(SETTLED_MS));
    bench.write({ ...OF_USER_1, ...change });
    expect(bench.counts()).toBe(true);
    bench.listAt(after(3 * SETTLED_MS));
    expect(bench.counts()).toBe(false);
  });
});

describe('a create intent whose instance no list could show', () => {
  it.each<{ name: string; create: Intent; account?: Partial<ExpectedAccount>; isCounted: boolean }>([
    { name: 'of a user of nobody', create: intent({ account: 'nobody' }), isCounted: false },
    {
      name: 'of a team that nobody lists',
      create: intent({ account: 'user-1', teamId: 'x' }),
      isCounted: false,
    },
    {
      name: 'of a team whose list the provider refuses',
      create: intent({ account: 'user-1', teamId: 'x' }),
      account: { wallets: [{ wallet: 'x', isRefused: true }] },
      isCounted: false,
    },
    {
      name: 'of a team whose list fails now',
      create: intent({ account: 'user-1', teamId: 'x' }),
      account: { wallets: [{ wallet: 'x', reason: 'ApiUnavailable' }] },
      isCounted: true,
    },
    {
      name: 'of an account whose key is missing now, and may come back',
      create: OF_USER_1,
      account: { isHeld: true, userId: undefined },
      isCounted: true,
    },
    {
      name: 'of an account whose key is of another user by now',
      create: OF_USER_1,
      account: { isHeld: true, userId: 'another' },
      isCounted: true,
    },
    {
      name: 'of an account whose key is missing, by an intent that names another account',
      create: { ...OF_USER_1, payer: { kind: 'GpuAccount', name: 'mine' } },
      account: { isHeld: true },
      isCounted: false,
    },
  ])('counts after a while: $isCounted, $name', ({ create, account = {}, isCounted }) => {
    const bench = new Bench();
    bench.expected = [{ ...OWN_KEY, ...account }];
    bench.takeAt(bench.nowMs);
    bench.write(create);
    expect(bench.counts()).toBe(true);
    bench.nowMs += SETTLED_MS - 1;
    expect(bench.counts()).toBe(true);
    bench.nowMs += 1;
    expect(bench.counts()).toBe(isCounted);
  });
});
