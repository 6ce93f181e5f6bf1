import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Election, isWriteOf, LEASE_KEY, LEASES } from '../support/election.ts';
import { statusAnswer } from '../support/fake-objects.ts';

let election: Election;

beforeEach(async () => {
  election = await Election.start();
});

afterEach(async () => {
  await election.close();
});

describe('losing the lease', () => {
  it.each([
    { name: 'answers 500', fault: statusAnswer(500, 'InternalError') },
    { name: 'does not answer', fault: 'hang' as const },
    { name: 'breaks the connection', fault: 'cut' as const },
  ])(
    'happens 10 s after the last renewal when the server $name, before anybody else may lead',
    async ({ fault }) => {
      const a = await election.leader('a');
      const b = await election.standby('b');
      await election.pass(2000);
      election.breakFor(a, fault);

      await election.pass(9500);
      expect(a.ends).toEqual([]);
      await election.pass(1000);

      expect(a.ends).toEqual(['lost']);
      expect(b.started).toBe(0);
      await election.pass(6000);
      expect(b.elector.isLeader()).toBe(true);
      expect(a.ends).toEqual(['lost']);
    },
  );

  it('does not happen after a shorter failure', async () => {
    const a = await election.leader('a');
    election.breakFor(a, statusAnswer(503, 'ServiceUnavailable'));
    await election.pass(8000);
    election.server.plan(() => undefined);
    await election.pass(10_000);

    expect(a.elector.isLeader()).toBe(true);
    expect(a.ends).toEqual([]);
  });

  it('happens at the next renewal when another process holds it', async () => {
    const a = await election.leader('a');
    election.overwrite({ holderIdentity: 'b' });

    await election.pass(2250);

    expect(a.ends).toEqual(['lost']);
    expect(election.holder()).toBe('b');
  });

  it('happens to a process that was frozen, and isLeader() returns false at once', async () => {
    const a = await election.leader('a');
    const b = await election.standby('b');
    await election.pass(17_000, [b]);
    expect(b.elector.isLeader()).toBe(true);

    a.clock.jump(17_000);
    expect(a.elector.isLeader()).toBe(false);
    await election.pass(1000);

    expect(a.ends).toEqual(['lost']);
    expect(election.holder()).toBe('b');
  });

  it('does not happen when somebody annotates or deletes the lease', async () => {
    const a = await election.leader('a');
    election.server.objects.put(LEASES, LEASE_KEY, { metadata: { annotations: { touched: 'yes' } } });
    await election.pass(4000);
    election.server.objects.remove(LEASES, LEASE_KEY);
    await election.pass(4000);

    expect(a.elector.isLeader()).toBe(true);
    expect(election.holder()).toBe('a');
    expect(a.ends).toEqual([]);
  });

  it('is final: the process does not try again, and does not clear the lease', async () => {
    const a = await election.leader('a');
    election.overwrite({ holderIdentity: 'b' });
    await election.pass(3000);
    election.server.objects.remove(LEASES, LEASE_KEY);
    await election.pass(30_000);
    await a.elector.stop();

    expect(a.started).toBe(1);
    expect(election.server.objects.get(LEASES, LEASE_KEY)).toBeUndefined();
  });
});

describe('the fence', () => {
  it('is the time at which the last successful renewal was sent', async () => {
    const a = await election.leader('a');
    expect(a.elector.lastRenewedAtMonotonicMs()).toBe(1000);

    await election.pass(2000);
    expect(a.elector.lastRenewedAtMonotonicMs()).toBe(3000);
    election.breakFor(a, statusAnswer(500, 'InternalError'));
    await election.pass(6000);

    expect(a.elector.lastRenewedAtMonotonicMs()).toBe(3000);
    expect(a.elector.isLeader()).toBe(true);
  });

  it('does not count from the answer, because the server may be slow', async () => {
    const a = await election.leader('a');
    election.server.plan((request) => {
      if (isWriteOf(request, 'a')) a.clock.jump(1500);
      return undefined;
    });
    await election.pass(2000);

    expect(a.clock.monotonicMs()).toBe(4500);
    expect(a.elector.lastRenewedAtMonotonicMs()).toBe(3000);
  });

  it('is never older than 5 s while renewals succeed', async () => {
    const a = await election.leader('a');
    let oldestMs = 0;

    for (let step = 0; step < 80; step += 1) {
      await election.pass(250);
      oldestMs = Math.max(oldestMs, a.clock.monotonicMs() - (a.elector.lastRenewedAtMonotonicMs() ?? 0));
    }

    expect(oldestMs).toBeLessThan(5000);
  });
});

it('survives callbacks that throw', async () => {
  const fail = (): void => {
    throw new Error('bug');
  };
  const a = await election.leader('a', { onStartedLeading: fail, onStoppedLeading: fail });

  await a.elector.stop();

  expect(election.holder()).toBe('');
  expect(a.log.messages('error')).toHaveLength(2);
});
