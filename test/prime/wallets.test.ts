import { describe, expect, it } from '@jest/globals';
import type { Answer, InstanceList, Wallet } from '../../src/lifecycle/provider.ts';
import { aPodRow, podsPage, withProvider } from './builders.ts';
import { withServer } from './loopback-server.ts';
import type { CannedAnswer, SeenRequest } from './loopback-server.ts';

function rows(count: number): Record<string, unknown>[] {
  return Array.from({ length: count }, (_, index) => aPodRow({ id: `p${String(index)}` }));
}

/** The requested page of these rows, cut as the API cuts it. */
function page(all: readonly unknown[], request: SeenRequest, total = all.length): CannedAnswer {
  const offset = Number(request.query.get('offset'));
  return { json: podsPage(all.slice(offset, offset + Number(request.query.get('limit'))), total) };
}

async function list(
  answer: (request: SeenRequest) => CannedAnswer,
  wallets: readonly Wallet[] = [undefined],
): Promise<{ answer: Answer<InstanceList>; ids: string[]; seen: readonly SeenRequest[] }> {
  let result: { answer: Answer<InstanceList>; ids: string[]; seen: readonly SeenRequest[] } | undefined;
  await withServer(answer, async ({ url, seen }) => {
    const found = await withProvider(url, (provider) => provider.listPods(wallets));
    result = {
      answer: found,
      ids: 'value' in found ? found.value.instances.map(({ podId }) => podId) : [],
      seen,
    };
  });
  if (result === undefined) {
    throw new Error('the server did not run');
  }
  return result;
}

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
