import { describe, expect, it } from '@jest/globals';
import { MAX_MESSAGE_LENGTH, truncateMessage } from '../../../src/api/gpupod/conditions.ts';
import type { Failure } from '../../../src/lifecycle/provider.ts';
import { failure } from '../../support/builders/snapshots.ts';
import {
  AccountBench as Bench,
  EMPTY,
  odd,
  ORIGIN,
  OURS,
  RECORDED,
  refused,
  THEIRS,
} from '../support/account-bench.ts';
import type { AccountCase as Case } from '../support/account-bench.ts';

describe('the message about a key of another account', () => {
  const toldOf = async (recorded: string, userId = THEIRS): Promise<string> => {
    const state = await new Bench({ whoami: userId, recorded }).check();
    return state.kind === 'changed' ? truncateMessage(state.message) : '';
  };

  it('names both accounts, the cost and the remedy, and fits into a condition', async () => {
    const told = await toldOf(RECORDED);
    expect(told.length).toBeLessThanOrEqual(MAX_MESSAGE_LENGTH);
    for (const part of [OURS, THEIRS, 'keep billing', `--accept-account=${THEIRS}.`]) {
      expect(told).toContain(part);
    }
  });

  it('names the other server when the server changed', async () => {
    expect(await toldOf(`https://old.test ${OURS}`, OURS)).toContain('https://old.test');
  });
});

describe('the account of a key', () => {
  const theirs = `${ORIGIN} ${THEIRS}`;

  it.each<{ name: string; given: Case; state: object; records?: Bench['records'] }>([
    {
      name: 'accepts the recorded account',
      given: { whoami: OURS, recorded: RECORDED },
      state: { kind: 'fits', userId: OURS },
    },
    {
      name: 'records the first account',
      given: { whoami: OURS },
      state: { kind: 'fits', userId: OURS },
      records: [[RECORDED, undefined]],
    },
    {
      name: 'rejects another account when the record is lost and GpuPods name the old account',
      given: { whoami: THEIRS, named: [RECORDED] },
      state: { kind: 'changed', userId: THEIRS },
    },
    {
      name: 'accepts an account that some GpuPods name when the record is lost',
      given: { whoami: THEIRS, named: [RECORDED, RECORDED, theirs] },
      state: { kind: 'fits', userId: THEIRS },
      records: [[theirs, undefined]],
    },
    {
      name: 'accepts another account on request, and assigns unmarked instances to the old account',
      given: { whoami: THEIRS, recorded: RECORDED, accept: THEIRS },
      state: { kind: 'fits', userId: THEIRS, unmarked: { origin: ORIGIN, userId: OURS } },
      records: [[theirs, RECORDED]],
    },
    {
      name: 'accepts a third account on request',
      given: { whoami: 'third', recorded: theirs, former: RECORDED, accept: 'third' },
      state: { kind: 'fits', userId: 'third', unmarked: { userId: OURS } },
      records: [[`${ORIGIN} third`, RECORDED]],
    },
  ])('$name', async ({ given, state, records = [] }) => {
    const bench = new Bench(given);
    expect(await bench.check()).toMatchObject(state);
    expect(bench.records).toEqual(records);
  });
});

describe('the key of an account of the cluster', () => {
  it('is not that of instances from before accounts were recorded', async () => {
    const bench = new Bench({ whoami: OURS, recorded: RECORDED, ownsUnmarked: false });
    const state = await bench.check();
    expect(state).toMatchObject({ kind: 'fits', userId: OURS });
    expect(state).not.toHaveProperty('unmarked');
  });
});

describe('a provider that does not name the account of the key', () => {
  it.each([
    { name: '401', whoami: refused(401) },
    { name: '403', whoami: refused(403) },
    { name: '404', whoami: odd(404) },
    { name: '405', whoami: odd(405) },
    { name: '422', whoami: odd(422) },
    { name: '501', whoami: failure({ reason: 'ApiUnavailable', httpStatus: 501 }) },
    { name: '200 with null or a page', whoami: odd(200) },
  ])('accepts the key without an account, and warns once: $name', async ({ whoami }) => {
    const bench = new Bench({ whoami, recorded: RECORDED });
    const state = await bench.check();
    expect(state).toMatchObject({ kind: 'fits', unmarked: { userId: OURS } });
    expect(state).not.toHaveProperty('userId');
    bench.nowMs += 400_000;
    await bench.check();
    expect(bench.warnings()).toHaveLength(1);
    expect(bench.warnings()[0]).toContain('user:read');
  });

  it.each([
    {
      name: 'the provider rejects the key for other requests too',
      whoami: refused(401),
      reads: refused(401),
      reason: 'Unauthorized',
    },
    {
      name: 'the provider limits the rate',
      whoami: failure({ reason: 'RateLimited', httpStatus: 429 }),
      reason: 'RateLimited',
    },
    {
      name: 'the provider has a server error',
      whoami: failure({ reason: 'ApiUnavailable', httpStatus: 500 }),
      reason: 'ApiUnavailable',
    },
    {
      name: 'the provider is unreachable',
      whoami: failure({ reason: 'ApiUnavailable' }),
      reason: 'ApiUnavailable',
    },
  ])('does not know the account: $name', async ({ whoami, reads = whoami, reason }) => {
    const bench = new Bench({ whoami, reads });
    expect(await bench.check()).toMatchObject({ kind: 'unknown', failure: { reason } });
  });

  it('learns the account from the first own instance, and records it', async () => {
    const bench = new Bench({ whoami: refused(403) });
    await bench.check();
    bench.watch.noteOwn(OURS, 1);
    expect(bench.watch.state).toMatchObject({ kind: 'fits', userId: OURS });
    await bench.check();
    expect(bench.records).toEqual([[RECORDED, undefined]]);
  });

  it('reports a changed account when an own instance belongs to another account', async () => {
    const bench = new Bench({ whoami: refused(403), recorded: RECORDED });
    await bench.check();
    bench.watch.noteOwn(THEIRS, 1);
    expect(bench.watch.state).toMatchObject({ kind: 'changed', userId: THEIRS });
  });

  it('ignores an instance that was read with the previous key', async () => {
    const bench = new Bench({ whoami: refused(403) });
    await bench.check();
    bench.watch.noteOwn(OURS, 1);
    bench.version = 2;
    await bench.check();
    bench.watch.noteOwn(OURS, 1);
    expect(bench.watch.state).not.toHaveProperty('userId');
  });

  it('asks again later, because the permission may have been granted', async () => {
    const bench = new Bench({ whoami: refused(403), recorded: RECORDED });
    await bench.check();
    bench.whoami = THEIRS;
    expect(await bench.check()).toMatchObject({ kind: 'fits' });
    bench.nowMs += 300_000;
    expect(await bench.check()).toMatchObject({ kind: 'changed', userId: THEIRS });
  });
});

describe('a provider that temporarily does not name the account of a usable key', () => {
  const passing: readonly { readonly name: string; readonly whoami: Failure }[] = [
    { name: '429', whoami: failure({ reason: 'RateLimited', httpStatus: 429 }) },
    { name: '500', whoami: failure({ reason: 'ApiUnavailable', httpStatus: 500 }) },
    { name: 'no answer in time', whoami: failure({ reason: 'ApiUnavailable' }) },
  ];

  it.each(passing)('keeps managing instances, and asks again soon: $name', async ({ whoami }) => {
    const bench = new Bench({ whoami, recorded: RECORDED });
    bench.list = EMPTY;
    const state = await bench.check();
    expect(state).toMatchObject({ kind: 'fits', unanswered: { reason: whoami.reason } });
    expect(state).not.toHaveProperty('userId');
    expect(await bench.watch.check()).toBe(false);
    expect(bench.warnings()).toHaveLength(1);

    bench.whoami = OURS;
    expect(await bench.watch.check()).toBe(true);
    expect(bench.watch.state).toMatchObject({ kind: 'fits', userId: OURS });
    expect(bench.watch.state).not.toHaveProperty('unanswered');
  });

  it('accepts a late answer without a second request', async () => {
    const bench = new Bench({ whoami: OURS, recorded: RECORDED });
    bench.list = EMPTY;
    const answer = Promise.withResolvers<undefined>();
    bench.hanging = answer.promise;
    bench.patience.resolve(undefined);
    expect(await bench.check()).toMatchObject({ kind: 'fits', unanswered: { reason: 'ApiUnavailable' } });
    answer.resolve(undefined);
    bench.patience = Promise.withResolvers();
    expect(await bench.check()).toMatchObject({ kind: 'fits', userId: OURS });
    expect(bench.questions).toBe(1);
  });

  it('ignores an answer for a key that has been replaced', async () => {
    const bench = new Bench({ whoami: THEIRS, recorded: RECORDED });
    bench.list = EMPTY;
    bench.hanging = new Promise(() => undefined);
    bench.patience.resolve(undefined);
    await bench.check();
    bench.version = 2;
    bench.whoami = OURS;
    bench.hanging = undefined;
    bench.patience = Promise.withResolvers();
    expect(await bench.check()).toMatchObject({ kind: 'fits', userId: OURS });
    expect(bench.questions).toBe(2);
  });

  it('learns the account from an own instance', async () => {
    const bench = new Bench({ whoami: failure({ reason: 'ApiUnavailable' }), recorded: RECORDED });
    bench.list = EMPTY;
    await bench.check();
    bench.watch.noteOwn(THEIRS, 1);
    expect(bench.watch.state).toMatchObject({ kind: 'changed', userId: THEIRS });
  });
});
