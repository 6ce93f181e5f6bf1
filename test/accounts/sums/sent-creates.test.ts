import { beforeEach, describe, expect, it } from '@jest/globals';
import { SentCreates } from '../../../src/accounts/sums/sent-creates.ts';
import { VirtualClock } from '../../kubernetes/support/virtual-clock.ts';
import { INSTALLATION, intent, nameOfAttempt } from '../../support/builders/intent.ts';
import { LIVE, ReservationsBench } from '../support/reservations-bench.ts';
import { attemptKey } from '../../../src/lifecycle/pod-name.ts';

const OWNER = { account: 'operator', namespace: 'team-a' };
const COUNTED = { micros: 1_900_000, instances: 1, gpus: 1 };
const OF_FIRST = [attemptKey(nameOfAttempt(1))];
let bench: ReservationsBench;

beforeEach(() => {
  bench = new ReservationsBench();
});

describe('what this process sent', () => {
  it('counts a create request that ended until its outcome is recorded, whatever is on the GpuPod', () => {
    bench.list();
    bench.reserve('a', intent(), undefined);
    bench.reservations.release({ name: intent().name, isCharged: true });
    bench.objects = [];
    expect(bench.elsewhere('a')).toBe(1_900_000);
    expect(bench.elsewhere('b')).toBe(1_900_000);
    bench.reservations.settle(intent().name);
    expect(bench.elsewhere('b')).toBe(0);
  });

  it('counts a create request until three lists, late and far enough apart, show nothing of it', () => {
    bench.list();
    bench.reserve('a', intent(), undefined);
    bench.reservations.release({ name: intent().name, isCharged: true });
    for (const afterMs of [89_999, 90_000, 119_999, 120_000]) {
      bench.takeAt(bench.nowMs + afterMs);
      expect(bench.elsewhere('b')).toBe(1_900_000);
    }
    bench.takeAt(bench.nowMs + 150_000);
    expect(bench.elsewhere('b')).toBe(0);
  });

  it('counts a create request as long as an instance without a name may be it', () => {
    bench.list();
    bench.reserve('a', intent(), undefined);
    bench.reservations.release({ name: intent().name, isCharged: true });
    const { name: _name, ...nameless } = LIVE;
    for (const afterMs of [90_000, 120_000, 150_000, 180_000]) {
      bench.takeAt(bench.nowMs + afterMs, [nameless]);
    }
    expect(bench.elsewhere('b')).toBeGreaterThan(0);
  });

  it('counts a create request of a team of which the key has never shown an instance', () => {
    bench.list();
    bench.reserve('a', intent({ teamId: 'team-a' }), undefined);
    bench.reservations.release({ name: intent().name, isCharged: true });
    const take = (afterMs: number): void => {
      bench.takeAt(bench.nowMs + afterMs, [], ['team-a']);
    };
    for (const afterMs of [90_000, 120_000, 150_000, 180_000]) take(afterMs);
    expect(bench.elsewhere('b')).toBe(1_900_000);
    bench.takeAt(
      bench.nowMs + 190_000,
      [{ ...LIVE, podId: 'x', name: 'other', teamId: 'team-a' }],
      ['team-a'],
    );
    for (const afterMs of [220_000, 250_000, 280_000, 310_000]) take(afterMs);
    expect(bench.elsewhere('b')).toBe(0);
  });

  it('counts an instance that a list shows in place of its create request, for the same account', () => {
    bench.list();
    bench.reserve('a', intent(), undefined);
    bench.reservations.release({ name: intent().name, isCharged: true });
    bench.list({ ...LIVE, userId: 'another' });
    const scope = { account: 'operator', userId: 'nobody' };
    expect(bench.reservations.elsewhere('b', scope)).toEqual({ micros: 2_500_000, instances: 1, gpus: 1 });
  });
});

describe('what changed among the create requests', () => {
  const { name } = intent();

  it.each<{ name: string; change: (sent: SentCreates) => void; attempts: readonly string[] }>([
    {
      name: 'one that ended',
      change: (sent) => {
        sent.answer(name);
      },
      attempts: OF_FIRST,
    },
    {
      name: 'one whose outcome is recorded',
      change: (sent) => {
        sent.drop(name);
      },
      attempts: OF_FIRST,
    },
    {
      name: 'one that is sent again',
      change: (sent) => {
        sent.drop(name);
        sent.add('a', intent(), OWNER, COUNTED);
      },
      attempts: OF_FIRST,
    },
    {
      name: 'none that was sent and dropped unread, so that unread notes do not grow',
      change: (sent) => {
        for (const attempt of [2, 3, 4]) {
          sent.add('b', intent({ attempt, name: nameOfAttempt(attempt) }), OWNER, COUNTED);
          sent.drop(nameOfAttempt(attempt));
        }
      },
      attempts: [],
    },
  ])('is $name', ({ change, attempts }) => {
    const sent = new SentCreates({
      clock: new VirtualClock(),
      installation: INSTALLATION,
      timings: { settleMs: 0, settleSpacingMs: 0, massAbsenceMs: 0, foreignRequestMs: 0 },
    });
    sent.add('a', intent(), OWNER, COUNTED);
    expect([...sent.takeChanged()]).toEqual(OF_FIRST);
    change(sent);
    expect([...sent.takeChanged()]).toEqual(attempts);
  });
});
