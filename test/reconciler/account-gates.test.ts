import { describe, expect, it } from '@jest/globals';
import { AccountGates } from '../../src/reconciler/account-gates.ts';
import type { CreateOrder } from '../../src/reconciler/object-holds.ts';
import { VirtualClock } from '../kubernetes/support/virtual-clock.ts';
import { aSnapshot, refusal } from '../support/builders/snapshots.ts';

const MINUTE_MS = 60_000;
const CREATED = { kind: 'created', pod: aSnapshot() } as const;
const LIMIT = refusal({ reason: 'PaymentRequired', scope: 'team', isProven: true, message: 'limit' });
const POOR = refusal({ reason: 'PaymentRequired', scope: 'team', message: 'poor' });

function asking(name: string, more: Partial<CreateOrder> = {}): CreateOrder {
  const namespace = `ns-${name}`;
  return { gateKey: '', key: `${namespace}/${name}`, namespace, uid: name, generation: 1, ...more };
}

const [a, b, c] = [asking('a'), asking('b'), asking('c')];

function gatesAt(): { gates: AccountGates; clock: VirtualClock; woken: string[] } {
  const clock = new VirtualClock();
  const woken: string[] = [];
  const gates = new AccountGates(clock, 1, (keys) => {
    woken.push(...keys);
  });
  return { gates, clock, woken };
}

describe('AccountGates', () => {
  it('holds back all of a team, and no other team', () => {
    const { gates } = gatesAt();
    gates.settle(a, LIMIT, 1);

    expect(gates.look(b)).toMatchObject({ kind: 'closed', reason: 'PaymentRequired', message: 'limit' });
    expect(gates.look(asking('d', { gateKey: 'team-b' }))).toEqual({ kind: 'open' });
  });

  it('lets another one probe than the one that was refused, and then those that were refused longest ago', async () => {
    const { gates, clock } = gatesAt();
    gates.settle(a, LIMIT, 1);
    await clock.advance(5 * MINUTE_MS);
    expect([a, b].map((order) => gates.pass(order))).toEqual([false, true]);
    gates.settle(b, LIMIT, 1);
    await clock.advance(10 * MINUTE_MS);
    expect([b, a].map((order) => gates.look(order).kind)).toEqual(['closed', 'closed']);
    expect(gates.pass(c)).toBe(true);
    gates.settle(c, LIMIT, 1);
    await clock.advance(20 * MINUTE_MS + 3.1 * MINUTE_MS);
    expect([c, a].map((order) => gates.pass(order))).toEqual([false, true]);
  });

  it('lets the only one there is probe as well, a little later', async () => {
    const { gates, clock } = gatesAt();
    gates.settle(a, LIMIT, 1);
    await clock.advance(5 * MINUTE_MS);
    expect(gates.pass(a)).toBe(false);
    await clock.advance(2 * MINUTE_MS);
    expect(gates.pass(a)).toBe(true);
  });

  it('opens with the first that is accepted, and wakes those that wait', async () => {
    const { gates, clock, woken } = gatesAt();
    gates.settle(a, LIMIT, 1);
    gates.look(c);
    await clock.advance(5 * MINUTE_MS);
    expect(gates.pass(b)).toBe(true);
    gates.settle(b, CREATED, 1);

    expect(gates.look(c)).toEqual({ kind: 'open' });
    expect(woken).toEqual(['ns-c/c']);
  });

  it.each([
    ['was not sent', undefined],
    ['was refused for its own sake', refusal({ reason: 'InvalidRequest', scope: 'request' })],
    ['has an unknown outcome', { kind: 'unknown', message: '' } as const],
  ])('leaves the probe to others when it %s', async (_, outcome) => {
    const { gates, clock } = gatesAt();
    gates.settle(a, LIMIT, 1);
    await clock.advance(5 * MINUTE_MS);
    expect(gates.pass(b)).toBe(true);
    expect(gates.pass(c)).toBe(false);
    if (outcome === undefined) gates.giveBack(b);
    else gates.settle(b, outcome, 1);

    expect([b, c].map((order) => gates.pass(order))).toEqual([false, true]);
  });

  it('believes no single tenant while orders of others are accepted', async () => {
    const { gates, clock } = gatesAt();
    gates.settle(b, CREATED, 1);
    await clock.advance(MINUTE_MS);
    gates.settle(a, POOR, 1);
    gates.settle(asking('a2', { namespace: a.namespace }), POOR, 1);

    expect(gates.look(a)).toMatchObject({ kind: 'closed', reason: 'PaymentRequired' });
    expect(gates.look(c)).toEqual({ kind: 'open' });
    gates.settle(c, POOR, 1);
    expect(gates.look(b)).toMatchObject({ kind: 'closed', reason: 'PaymentRequired' });
  });

  it('believes Prime Intellect’s own text at once, and any text where nothing was accepted lately', async () => {
    const first = gatesAt();
    first.gates.settle(b, CREATED, 1);
    first.gates.settle(a, LIMIT, 1);
    expect(first.gates.look(c).kind).toBe('closed');

    const second = gatesAt();
    second.gates.settle(b, CREATED, 1);
    await second.clock.advance(31 * MINUTE_MS);
    second.gates.settle(a, POOR, 1);
    expect(second.gates.look(c).kind).toBe('closed');
  });

  it.each(['Unauthorized', 'Forbidden', 'QuotaExceeded', 'PaymentRequired', 'RateLimited'] as const)(
    'holds back only the GpuPod whose own request was refused as %s',
    (reason) => {
      const { gates } = gatesAt();
      gates.settle(a, refusal({ reason, scope: 'request' }), 0);

      expect(gates.look(a)).toMatchObject({ kind: 'closed', reason });
      expect(gates.look({ ...a, generation: 2 })).toEqual({ kind: 'open' });
      expect(gates.look(b)).toEqual({ kind: 'open' });
    },
  );

  it('lets a GpuPod try three offers before it waits, ever longer', async () => {
    const { gates, clock } = gatesAt();
    const forbidden = refusal({ reason: 'Forbidden', scope: 'request' });
    const waits: number[] = [];
    for (let count = 0; count < 7; count += 1) {
      gates.settle(a, forbidden, 5);
      const gate = gates.look(a);
      const waitMs = gate.kind === 'closed' ? gate.retryInMs : 0;
      waits.push(waitMs / MINUTE_MS);
      await clock.advance(waitMs);
    }
    expect(waits).toEqual([0, 0, 5, 10, 20, 30, 30]);
  });

  it.each(['offer', 'upstream'] as const)('holds nobody back for what concerns the %s', (scope) => {
    const { gates } = gatesAt();
    gates.settle(a, refusal({ reason: 'RateLimited', scope }), 0);
    gates.settle(b, refusal({ reason: 'Forbidden', scope }), 0);

    expect([a, b].map((order) => gates.look(order))).toEqual([{ kind: 'open' }, { kind: 'open' }]);
  });

  it('opens for everybody with a new key', () => {
    const { gates } = gatesAt();
    gates.settle(a, LIMIT, 1);
    gates.settle(b, refusal({ reason: 'Forbidden', scope: 'request' }), 0);
    gates.openAll();

    expect([a, b, c].map((order) => gates.look(order).kind)).toEqual(['open', 'open', 'open']);
  });
});
