import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { isRecord } from '../../../src/json.ts';
import { Election, isWriteOf, LEASE_KEY, LEASES, settle } from '../support/election.ts';
import { statusAnswer } from '../support/fake-objects.ts';
import { until } from '../support/until.ts';

let election: Election;

beforeEach(async () => {
  election = await Election.start();
});

afterEach(async () => {
  await election.close();
});

describe('taking the lease', () => {
  it('creates the lease when none exists', async () => {
    const a = await election.leader('a');

    expect(a.started).toBe(1);
    expect(election.lease()).toMatchObject({
      holderIdentity: 'a',
      leaseDurationSeconds: 15,
      leaseTransitions: 0,
    });
    expect(election.lease()['renewTime']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
  });

  it('succeeds for one of several concurrent processes', async () => {
    const all = ['a', 'b', 'c'].map((identity) => election.candidate(identity));
    for (const { start } of all) start();
    await settle();
    await election.pass(20_000);

    expect(all.filter(({ elector }) => elector.isLeader())).toHaveLength(1);
    expect(all.reduce((sum, { started }) => sum + started, 0)).toBe(1);
  });

  it('waits as long as the holder renews', async () => {
    const a = await election.leader('a');
    const b = await election.standby('b');

    await election.pass(60_000);

    expect(a.elector.isLeader()).toBe(true);
    expect(b.started).toBe(0);
  });

  it('happens 15 s after the last observed renewal, and not before, when the holder dies', async () => {
    const a = await election.leader('a');
    const b = await election.standby('b');
    await election.pass(4000);

    await election.pass(13_750, [b]);
    expect(b.elector.isLeader()).toBe(false);
    await election.pass(1500, [b]);

    expect(b.elector.isLeader()).toBe(true);
    expect(election.lease()).toMatchObject({ holderIdentity: 'b', leaseTransitions: 1 });
    expect(a.started).toBe(1);
  });

  it.each([
    { name: 'ahead', wallStartMs: Date.UTC(2035, 0, 1) },
    { name: 'behind', wallStartMs: Date.UTC(2001, 0, 1) },
  ])('does not depend on a clock that is years $name', async ({ wallStartMs }) => {
    const a = await election.leader('a');
    const b = await election.standby('b', { wallStartMs });

    await election.pass(40_000);
    expect(b.elector.isLeader()).toBe(false);

    await a.elector.stop();
    await election.pass(1000, [b]);
    expect(b.elector.isLeader()).toBe(true);
  });

  it('does not conclude from an old record alone that the holder is dead', async () => {
    election.server.objects.put(LEASES, LEASE_KEY, {
      spec: { holderIdentity: 'old', leaseDurationSeconds: 15, renewTime: '2001-01-01T00:00:00.000000Z' },
    });
    const b = await election.standby('b');

    await election.pass(14_750);
    expect(b.elector.isLeader()).toBe(false);
    await election.pass(500);

    expect(b.elector.isLeader()).toBe(true);
  });

  it('respects a holder with a longer lease duration', async () => {
    election.server.objects.put(LEASES, LEASE_KEY, {
      spec: { holderIdentity: 'old', leaseDurationSeconds: 60 },
    });
    const b = await election.standby('b');

    await election.pass(59_000);
    expect(b.elector.isLeader()).toBe(false);
    await election.pass(1500);

    expect(b.elector.isLeader()).toBe(true);
  });

  it('is retried while the server fails', async () => {
    election.server.plan(() => statusAnswer(500, 'InternalError'));
    const a = election.candidate('a');
    a.start();
    await settle();
    await election.pass(5000);
    election.server.plan(() => undefined);
    await election.pass(1000);

    expect(a.elector.isLeader()).toBe(true);
  });
});

describe('releasing the lease', () => {
  it('lets a standby lead at its next read', async () => {
    const a = await election.leader('a');
    const b = await election.standby('b');

    await a.elector.stop();
    expect(election.holder()).toBe('');
    await election.pass(1000, [b]);

    expect(b.elector.isLeader()).toBe(true);
    expect(a.ends).toEqual(['released']);
    expect(a.elector.isLeader()).toBe(false);
  });

  it('waits until the work is finished, and keeps renewing meanwhile', async () => {
    const finished = Promise.withResolvers<undefined>();
    const a = await election.leader('a', {
      onStoppedLeading: async () => {
        await finished.promise;
      },
    });
    const b = await election.standby('b');

    const stopped = a.elector.stop();
    await election.pass(40_000);
    expect(election.holder()).toBe('a');
    expect(b.elector.isLeader()).toBe(false);
    finished.resolve(undefined);
    await stopped;
    await election.pass(1000, [b]);

    expect(b.elector.isLeader()).toBe(true);
  });

  it('does not clear a lease that another process holds', async () => {
    const a = await election.leader('a');
    election.overwrite({ holderIdentity: 'b' });

    await a.elector.stop();

    expect(election.holder()).toBe('b');
  });

  it('includes a lease that was taken without an answer', async () => {
    election.server.plan((request) => {
      if (!isWriteOf(request, 'a')) return undefined;
      const claim: unknown = JSON.parse(request.body);
      election.server.objects.put(LEASES, LEASE_KEY, isRecord(claim) ? claim : {});
      return 'hang';
    });
    const a = election.candidate('a');
    a.start();
    await until(() => election.holder() === 'a');
    election.server.plan(() => undefined);

    await a.elector.stop();

    expect(election.holder()).toBe('');
    expect(a.started).toBe(0);
  });

  it('does nothing for a standby', async () => {
    await election.leader('a');
    const b = await election.standby('b');

    await b.elector.stop();

    expect(b.ends).toEqual([]);
    expect(election.holder()).toBe('a');
  });
});

describe('additional annotations of the lease', () => {
  const annotations = (): unknown => election.server.objects.get(LEASES, LEASE_KEY)?.metadata.annotations;

  function annotationsFrom(next: () => Record<string, string>) {
    const taken: unknown[] = [];
    const written: unknown[] = [];
    return {
      taken,
      written,
      annotations: {
        onTaken: (left: unknown) => taken.push(left),
        next,
        onWritten: (what: unknown) => written.push(what),
      },
    };
  }

  it('are written with each renewal, and read by the next leader', async () => {
    let count = 0;
    const carried = annotationsFrom(() => ({ 'example.com/count': String((count += 1)) }));
    const a = await election.leader('a', { annotations: carried.annotations });
    expect(carried.taken).toEqual([{}]);
    await election.pass(5000);
    expect(annotations()).toEqual({ 'example.com/count': '2' });
    expect(carried.written).toEqual([{ 'example.com/count': '1' }, { 'example.com/count': '2' }]);

    await a.elector.stop();
    const successor = annotationsFrom(() => ({ 'example.com/other': 'x' }));
    const b = await election.leader('b', { annotations: successor.annotations });
    await election.pass(5000, [b]);
    expect(successor.taken).toEqual([{ 'example.com/count': '2' }]);
    // Other annotations stay, because they may belong to somebody else.
    expect(annotations()).toEqual({ 'example.com/count': '2', 'example.com/other': 'x' });
  });

  it('are not reported as written when the renewal fails', async () => {
    const carried = annotationsFrom(() => ({ 'example.com/count': '1' }));
    const a = await election.leader('a', { annotations: carried.annotations });
    election.breakFor(a, 'cut');
    await election.pass(3000);
    expect(carried.written).toEqual([]);
  });

  it('do not cost the lease when they are unavailable', async () => {
    const { annotations: carried } = annotationsFrom(() => {
      throw new Error('no');
    });
    const a = await election.leader('a', { annotations: carried });
    await election.pass(30_000);
    expect(a.elector.isLeader()).toBe(true);
    expect(a.log.lines.some(({ level }) => level === 'error')).toBe(true);
  });
});
