import { describe, expect, it } from '@jest/globals';
import type { CreateHold } from '../../../src/lifecycle/observation.ts';
import { ObjectHolds } from '../../../src/accounts/holds/object-holds.ts';
import type { HoldingRefusal, Requester } from '../../../src/accounts/holds/object-holds.ts';
import { VirtualClock } from '../../kubernetes/support/virtual-clock.ts';
import { refusal } from '../../support/builders/snapshots.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

function asking(uid: string, generation = 1): Requester {
  return { breakerKey: '', key: `ns/${uid}`, namespace: 'ns', uid, generation };
}

const [a, b] = [asking('a'), asking('b')];

function refused(reason: CreateHold['reason'], retryAfterMs = 0): HoldingRefusal {
  return { ...refusal({ scope: 'request', message: 'no', retryAfterMs }), reason };
}

function holdsAt(scale = 1) {
  const clock = new VirtualClock();
  return { clock, holds: new ObjectHolds(clock, scale) };
}

/** The waits in minutes after consecutive refusals of one GpuPod, each sent when the hold before it was over. */
async function waitsAfter(refusals: readonly HoldingRefusal[], otherOffers = 0, scale = 1) {
  const { clock, holds } = holdsAt(scale);
  const waits: number[] = [];
  for (const one of refusals) {
    holds.refuse(a, one, otherOffers);
    const waitMs = holds.find(a)?.retryInMs ?? 0;
    waits.push(waitMs / MINUTE_MS);
    await clock.advance(waitMs);
  }
  return waits;
}

describe('a refused GpuPod', () => {
  it('is held until the wait is over, and no other is', async () => {
    const { clock, holds } = holdsAt();
    holds.refuse(a, refused('Forbidden'), 0);
    await clock.advance(MINUTE_MS);
    expect(holds.find(a)).toEqual({
      kind: 'held',
      reason: 'Forbidden',
      message: 'no',
      retryInMs: 4 * MINUTE_MS,
    });
    expect(holds.find(b)).toBeUndefined();
    await clock.advance(4 * MINUTE_MS);
    expect(holds.find(a)).toBeUndefined();
  });

  it('is not held after its spec changed, because its next request is another', () => {
    const { holds } = holdsAt();
    holds.refuse(a, refused('Forbidden'), 0);
    expect(holds.find(asking('a', 2))).toBeUndefined();
  });

  const [forbidden, quota, unpaid] = [
    refused('Forbidden'),
    refused('QuotaExceeded'),
    refused('PaymentRequired'),
  ];

  it.each([
    {
      name: 'waits twice as long each time, up to half an hour',
      refusals: [unpaid, unpaid, unpaid, unpaid, unpaid],
      waits: [5, 10, 20, 30, 30],
    },
    {
      name: 'does not wait longer for a key that the provider refuses, because people replace keys',
      refusals: [refused('Unauthorized'), refused('Unauthorized')],
      waits: [5, 5],
    },
    {
      name: 'waits as long as the provider asks for',
      refusals: [refused('QuotaExceeded', 7 * MINUTE_MS)],
      waits: [7],
    },
    {
      name: 'does not wait longer than half an hour, whatever the provider asks for',
      refusals: [refused('QuotaExceeded', HOUR_MS)],
      waits: [30],
    },
    {
      name: 'begins with the first wait when the reason changes, because the cause is another',
      refusals: [forbidden, forbidden, quota, forbidden],
      waits: [5, 10, 5, 5],
    },
    {
      name: 'tries three offers when one is forbidden, because another may be allowed',
      refusals: [forbidden, forbidden, forbidden, forbidden],
      otherOffers: 1,
      waits: [0, 0, 5, 10],
    },
    {
      name: 'tries three offers when the quota is exceeded, because another may need less',
      refusals: [quota, quota, quota],
      otherOffers: 1,
      waits: [0, 0, 5],
    },
    {
      name: 'waits at once when payment is required, because no other offer helps',
      refusals: [unpaid],
      otherOffers: 5,
      waits: [5],
    },
    {
      name: 'waits at once when no other offer is left',
      refusals: [forbidden],
      waits: [5],
    },
    { name: 'waits a scaled time', refusals: [unpaid, unpaid], scale: 0.1, waits: [0.5, 1] },
  ])('$name', async ({ refusals, otherOffers, scale, waits }) => {
    expect(await waitsAfter(refusals, otherOffers, scale)).toEqual(waits);
  });
});

describe('an expired hold', () => {
  it.each([
    { name: 'doubles the next one within an hour', idleMs: HOUR_MS, waitMs: 10 * MINUTE_MS },
    { name: 'is forgotten after an hour', idleMs: HOUR_MS + 1, waitMs: 5 * MINUTE_MS },
  ])('$name', async ({ idleMs, waitMs }) => {
    const { clock, holds } = holdsAt();
    holds.refuse(a, refused('PaymentRequired'), 0);
    await clock.advance(5 * MINUTE_MS + idleMs);
    holds.refuse(b, refused('PaymentRequired'), 0);
    holds.refuse(a, refused('PaymentRequired'), 0);
    expect(holds.find(a)?.retryInMs).toBe(waitMs);
  });

  it('does not double the first one of a changed spec', async () => {
    const { clock, holds } = holdsAt();
    holds.refuse(a, refused('PaymentRequired'), 0);
    await clock.advance(5 * MINUTE_MS);
    holds.refuse(asking('a', 2), refused('PaymentRequired'), 0);
    expect(holds.find(asking('a', 2))?.retryInMs).toBe(5 * MINUTE_MS);
  });
});

describe('a hold', () => {
  it.each<{ name: string; end: (holds: ObjectHolds) => void; held: readonly string[] }>([
    {
      name: 'ends with the accepted create request of its GpuPod',
      end: (holds) => holds.end('a'),
      held: ['b'],
    },
    { name: 'ends with all others when the key is replaced', end: (holds) => holds.clear(), held: [] },
  ])('$name', ({ end, held }) => {
    const { holds } = holdsAt();
    for (const one of [a, b]) holds.refuse(one, refused('PaymentRequired'), 0);
    end(holds);
    expect([a, b].filter((one) => holds.find(one) !== undefined).map(({ uid }) => uid)).toEqual(held);
    holds.refuse(a, refused('PaymentRequired'), 0);
    expect(holds.find(a)?.retryInMs).toBe(5 * MINUTE_MS);
  });
});
