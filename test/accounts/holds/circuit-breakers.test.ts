import { describe, expect, it } from '@jest/globals';
import { CircuitBreakers } from '../../../src/accounts/holds/circuit-breakers.ts';
import type { Requester } from '../../../src/accounts/holds/object-holds.ts';
import { VirtualClock } from '../../kubernetes/support/virtual-clock.ts';
import { aSnapshot, refusal } from '../../support/builders/snapshots.ts';

const MINUTE_MS = 60_000;
const CREATED = { kind: 'created', instance: aSnapshot() } as const;
const LIMIT = refusal({ reason: 'PaymentRequired', scope: 'team', isProven: true, message: 'limit' });
const UNPAID = refusal({ reason: 'PaymentRequired', scope: 'team', message: 'poor' });

function asking(name: string, more: Partial<Requester> = {}): Requester {
  const namespace = `ns-${name}`;
  return { breakerKey: '', key: `${namespace}/${name}`, namespace, uid: name, generation: 1, ...more };
}

const [a, b, c] = [asking('a'), asking('b'), asking('c')];

function breakersAt(): { circuitBreakers: CircuitBreakers; clock: VirtualClock; woken: string[] } {
  const clock = new VirtualClock();
  const woken: string[] = [];
  const circuitBreakers = new CircuitBreakers(clock, 1, (keys) => {
    woken.push(...keys);
  });
  return { circuitBreakers, clock, woken };
}

describe('CircuitBreakers', () => {
  it('holds back all GpuPods of a team, and no other team', () => {
    const { circuitBreakers } = breakersAt();
    circuitBreakers.settle(a, LIMIT, 1);

    expect(circuitBreakers.permitFor(b)).toMatchObject({
      kind: 'held',
      reason: 'PaymentRequired',
      message: 'limit',
    });
    expect(circuitBreakers.permitFor(asking('d', { breakerKey: 'team-b' }))).toEqual({ kind: 'granted' });
  });

  it('says why it holds back, until the wait is over', async () => {
    const { circuitBreakers, clock } = breakersAt();
    expect(circuitBreakers.reasons()).toEqual([]);
    circuitBreakers.settle(a, LIMIT, 1);
    expect(circuitBreakers.reasons()).toEqual(['PaymentRequired']);
    await clock.advance(5 * MINUTE_MS);
    expect(circuitBreakers.reasons()).toEqual([]);
  });

  it('lets a GpuPod probe that was not refused, and then the one that was refused longest ago', async () => {
    const { circuitBreakers, clock } = breakersAt();
    circuitBreakers.settle(a, LIMIT, 1);
    await clock.advance(5 * MINUTE_MS);
    expect([a, b].map((requester) => circuitBreakers.pass(requester))).toEqual([false, true]);
    circuitBreakers.settle(b, LIMIT, 1);
    await clock.advance(10 * MINUTE_MS);
    expect([b, a].map((requester) => circuitBreakers.permitFor(requester).kind)).toEqual(['held', 'held']);
    expect(circuitBreakers.pass(c)).toBe(true);
    circuitBreakers.settle(c, LIMIT, 1);
    await clock.advance(20 * MINUTE_MS + 3.1 * MINUTE_MS);
    expect([c, a].map((requester) => circuitBreakers.pass(requester))).toEqual([false, true]);
  });

  it('lets a refused GpuPod probe a little later when it is the only one', async () => {
    const { circuitBreakers, clock } = breakersAt();
    circuitBreakers.settle(a, LIMIT, 1);
    await clock.advance(5 * MINUTE_MS);
    expect(circuitBreakers.pass(a)).toBe(false);
    await clock.advance(2 * MINUTE_MS);
    expect(circuitBreakers.pass(a)).toBe(true);
  });

  it('lets creates through after the first accepted create request, and wakes waiting GpuPods', async () => {
    const { circuitBreakers, clock, woken } = breakersAt();
    circuitBreakers.settle(a, LIMIT, 1);
    circuitBreakers.permitFor(c);
    await clock.advance(5 * MINUTE_MS);
    expect(circuitBreakers.pass(b)).toBe(true);
    circuitBreakers.settle(b, CREATED, 1);

    expect(circuitBreakers.permitFor(c)).toEqual({ kind: 'granted' });
    expect(woken).toEqual(['ns-c/c']);
  });

  it.each([
    ['was not sent', undefined],
    ['was refused because of the request itself', refusal({ reason: 'InvalidRequest', scope: 'request' })],
    ['has an unknown outcome', { kind: 'unknown', message: '' } as const],
  ])('lets another GpuPod probe when the create request %s', async (_, outcome) => {
    const { circuitBreakers, clock } = breakersAt();
    circuitBreakers.settle(a, LIMIT, 1);
    await clock.advance(5 * MINUTE_MS);
    expect(circuitBreakers.pass(b)).toBe(true);
    expect(circuitBreakers.pass(c)).toBe(false);
    if (outcome === undefined) circuitBreakers.giveBack(b);
    else circuitBreakers.settle(b, outcome, 1);

    expect([b, c].map((requester) => circuitBreakers.pass(requester))).toEqual([false, true]);
  });

  it('ignores refusals of a single namespace while create requests of others are accepted', async () => {
    const { circuitBreakers, clock } = breakersAt();
    circuitBreakers.settle(b, CREATED, 1);
    await clock.advance(MINUTE_MS);
    circuitBreakers.settle(a, UNPAID, 1);
    circuitBreakers.settle(asking('a2', { namespace: a.namespace }), UNPAID, 1);

    expect(circuitBreakers.permitFor(a)).toMatchObject({ kind: 'held', reason: 'PaymentRequired' });
    expect(circuitBreakers.permitFor(c)).toEqual({ kind: 'granted' });
    circuitBreakers.settle(c, UNPAID, 1);
    expect(circuitBreakers.permitFor(b)).toMatchObject({ kind: 'held', reason: 'PaymentRequired' });
  });

  it('trusts a proven refusal at once, and any refusal when no create request was accepted recently', async () => {
    const first = breakersAt();
    first.circuitBreakers.settle(b, CREATED, 1);
    first.circuitBreakers.settle(a, LIMIT, 1);
    expect(first.circuitBreakers.permitFor(c).kind).toBe('held');

    const second = breakersAt();
    second.circuitBreakers.settle(b, CREATED, 1);
    await second.clock.advance(31 * MINUTE_MS);
    second.circuitBreakers.settle(a, UNPAID, 1);
    expect(second.circuitBreakers.permitFor(c).kind).toBe('held');
  });

  it.each(['Unauthorized', 'Forbidden', 'QuotaExceeded', 'PaymentRequired', 'RateLimited'] as const)(
    'holds back only the GpuPod whose own request was refused as %s',
    (reason) => {
      const { circuitBreakers } = breakersAt();
      circuitBreakers.settle(a, refusal({ reason, scope: 'request' }), 0);

      expect(circuitBreakers.permitFor(a)).toMatchObject({ kind: 'held', reason });
      expect(circuitBreakers.permitFor({ ...a, generation: 2 })).toEqual({ kind: 'granted' });
      expect(circuitBreakers.permitFor(b)).toEqual({ kind: 'granted' });
    },
  );

  it('lets a GpuPod try three offers before it waits with growing pauses', async () => {
    const { circuitBreakers, clock } = breakersAt();
    const forbidden = refusal({ reason: 'Forbidden', scope: 'request' });
    const waits: number[] = [];
    for (let count = 0; count < 7; count += 1) {
      circuitBreakers.settle(a, forbidden, 5);
      const permit = circuitBreakers.permitFor(a);
      const waitMs = permit.kind === 'held' ? permit.retryInMs : 0;
      waits.push(waitMs / MINUTE_MS);
      await clock.advance(waitMs);
    }
    expect(waits).toEqual([0, 0, 5, 10, 20, 30, 30]);
  });

  it.each(['offer', 'upstream'] as const)(
    'holds back no GpuPod for a refusal that concerns the %s',
    (scope) => {
      const { circuitBreakers } = breakersAt();
      circuitBreakers.settle(a, refusal({ reason: 'RateLimited', scope }), 0);
      circuitBreakers.settle(b, refusal({ reason: 'Forbidden', scope }), 0);

      expect([a, b].map((requester) => circuitBreakers.permitFor(requester))).toEqual([
        { kind: 'granted' },
        { kind: 'granted' },
      ]);
    },
  );

  it('lets all GpuPods through after a new API key', () => {
    const { circuitBreakers } = breakersAt();
    circuitBreakers.settle(a, LIMIT, 1);
    circuitBreakers.settle(b, refusal({ reason: 'Forbidden', scope: 'request' }), 0);
    circuitBreakers.resetAll();

    expect([a, b, c].map((requester) => circuitBreakers.permitFor(requester).kind)).toEqual([
      'granted',
      'granted',
      'granted',
    ]);
  });
});
