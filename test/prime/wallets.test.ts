import { describe, expect, it } from '@jest/globals';
import { aPodRow } from './builders.ts';
import { list, page, rows } from './listing.ts';

describe('listPods: wallets', () => {
  const refused = { status: 403, json: { detail: 'no' } };

  it('lists each wallet separately, and merges them by ID', async () => {
    const { ids, seen, answer } = await list(
      (request) => {
        const teamId = request.query.get('teamId');
        const own = aPodRow({ id: 'own' });
        return page(teamId === null ? [own] : [own, aPodRow({ id: `of-${teamId}`, teamId })], request);
      },
      [undefined, 't1', 't2', 't1'],
    );

    expect(ids).toEqual(['own', 'of-t1', 'of-t2']);
    expect(new Set(seen.map(({ query }) => query.get('teamId')))).toEqual(new Set([null, 't1', 't2']));
    expect(answer).toMatchObject({
      value: {
        wallets: [
          { wallet: undefined, podIds: ['own'] },
          { wallet: 't1', podIds: ['own', 'of-t1'] },
          { wallet: 't2', podIds: ['own', 'of-t2'] },
        ],
      },
    });
  });

  it.each([
    { name: 'a team that the key has left', failing: 't1', sound: undefined },
    { name: "the key's own", failing: null, sound: 't1' },
  ])('fails only for $name', async ({ failing, sound }) => {
    const { answer } = await list(
      (request) =>
        request.query.get('teamId') === failing ? refused : page([aPodRow({ id: 'other' })], request),
      [undefined, 't1'],
    );
    const lists = 'value' in answer ? answer.value.wallets : [];

    expect(lists.find(({ wallet }) => wallet === sound)).toEqual({
      wallet: sound,
      podIds: ['other'],
      unidentified: [],
    });
    expect(lists.find(({ wallet }) => wallet !== sound)).toMatchObject({
      failure: { reason: 'Unauthorized', httpStatus: 403 },
    });
  });

  it('keeps the rows of a wallet whose later page fails', async () => {
    const { answer, ids } = await list(
      (request) => {
        const isLater = request.query.get('offset') !== '0' && request.query.has('teamId');
        return isLater
          ? { status: 500, json: { detail: 'x' } }
          : page(rows(request.query.has('teamId') ? 150 : 0), request);
      },
      [undefined, 't1'],
    );

    expect(ids).toHaveLength(100);
    expect(answer).toMatchObject({ value: { wallets: [{}, { failure: { reason: 'ApiUnavailable' } }] } });
  });

  it('fails if every wallet fails', async () => {
    const { answer } = await list(() => refused, [undefined, 't1']);

    expect(answer).toMatchObject({ kind: 'failure', reason: 'Unauthorized' });
  });
});
