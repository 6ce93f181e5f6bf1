import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Election, isWriteOf, settle } from '../support/election.ts';
import type { Candidate } from '../support/election.ts';
import type { SeenRequest } from '../support/seen-request.ts';
import { statusAnswer } from '../support/fake-objects.ts';

let election: Election;
let ending: AbortController;

beforeEach(async () => {
  ending = new AbortController();
  election = await Election.start();
});

afterEach(async () => {
  election.server.delay(() => false, noDelay);
  ending.abort();
  await election.close();
});

async function noDelay(): Promise<void> {
  await Promise.resolve();
}

/** Delays the writes of this candidate. */
function slowDown({ clock }: Candidate, ms: number, isSlow = isWrite): void {
  election.server.delay(isSlow, async () => {
    await clock.sleep(ms, ending.signal).catch(() => undefined);
  });
}

function isWrite({ method }: SeenRequest): boolean {
  return method !== 'GET';
}

describe('slow writes of the Lease, as through admission webhooks', () => {
  it.each([3_000, 4_900, 6_000, 12_000, 29_000])(
    'of %d ms do not keep a process from taking and holding it',
    async (ms) => {
      const a = election.candidate('a');
      slowDown(a, ms);
      a.start();
      await election.pass(180_000);

      expect(a.elector.isLeader()).toBe(true);
      expect(a.ends).toEqual([]);
      expect(a.started).toBe(1);
      const warned = a.log.lines.filter(({ message }) => message.startsWith('writes of the lease are slow'));
      expect(warned.length).toBeGreaterThan(0);
      expect(warned.length).toBeLessThanOrEqual(3);
    },
  );

  it('are recorded in the Lease, so that other processes wait longer', async () => {
    const a = election.candidate('a');
    slowDown(a, 12_000);
    a.start();
    await election.pass(120_000);
    const seconds = Number(election.lease()['leaseDurationSeconds']);
    expect(seconds).toBeGreaterThanOrEqual(60);
    expect(a.elector.leaseDurationMs()).toBe(seconds * 1000);

    const b = await election.standby('b');
    await election.pass(seconds * 1000 - 5_000, [b]);
    expect(b.started).toBe(0);
  });

  it('that become slow only later lose the Lease once, before another process may lead', async () => {
    const a = await election.leader('a');
    const b = await election.standby('b');
    slowDown(a, 20_000, (request) => isWriteOf(request, 'a'));
    await election.pass(13_000);
    expect(a.ends).toEqual(['lost']);
    expect(b.started).toBe(0);
    await election.pass(10_000);
    expect(b.elector.isLeader()).toBe(true);
  });
});

describe('a Lease that cannot be taken', () => {
  it('is a problem after a while, is logged once a minute, and is no problem once it is taken', async () => {
    election.server.plan(() => statusAnswer(403, 'Forbidden'));
    const a = election.candidate('a');
    a.start();
    await settle();
    expect(a.elector.problem).toBeUndefined();
    await election.pass(20_000);
    expect(a.elector.problem).toMatch(/^This process can neither read nor acquire the Lease.*403 Forbidden/);
    await election.pass(60_000);
    expect(
      a.log.lines.filter(({ message }) => message === 'failed to read or acquire the lease'),
    ).toHaveLength(2);

    election.server.plan(() => undefined);
    await election.pass(2_000);
    expect(a.elector.problem).toBeUndefined();
    expect(a.elector.isLeader()).toBe(true);
  });
});
