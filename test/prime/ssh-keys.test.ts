import { describe, expect, it } from '@jest/globals';
import type { Ask, RateLimiter } from '../../src/prime/rate-limiter.ts';
import { bookFreeTurn } from '../support/free-turn.ts';
import { withProvider } from './builders.ts';
import { withServer } from './loopback-server.ts';
import type { CannedAnswer } from './loopback-server.ts';

const CONTENT = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMbEpwLl5kmMKCQO7/lTexff5FeIkIsSua00YmaKJLIt';
const NEW = { name: 'gpupod-abc123-0', publicKey: CONTENT };
const SEND = { mayStillSend: (): boolean => true };

function row(id: unknown, publicKey: unknown = `${CONTENT} me@laptop`, name: unknown = 'laptop'): object {
  return { id, userId: 'u1', name, publicKey, isPrimary: false };
}

function read(keyId: string, content = CONTENT, name = 'laptop'): object {
  return { keyId, name, content, isPrimary: false };
}

function many(count: number): readonly object[] {
  return Array.from({ length: count }, (_, index) => read(`k${String(index)}`));
}

/** The pages of a list, by offset. */
function pages(rows: readonly unknown[], size: number, total: number | undefined = rows.length) {
  return (query: URLSearchParams): CannedAnswer => {
    const offset = Number(query.get('offset'));
    return { json: { data: rows.slice(offset, offset + size), total_count: total, offset, limit: size } };
  };
}

describe('listSshKeys', () => {
  it.each<{ name: string; answer: (query: URLSearchParams) => CannedAnswer; expected: unknown }>([
    { name: 'no keys', answer: pages([], 100), expected: [] },
    {
      name: 'the first two words of a key',
      answer: pages([row('k1')], 100),
      expected: [read('k1')],
    },
    {
      name: 'which key is the primary one',
      answer: pages(
        [
          { ...row('k1'), isPrimary: true },
          { ...row('k2'), isPrimary: 'yes' },
          { ...row('k3'), isPrimary: 'true' },
        ],
        100,
      ),
      expected: [
        { keyId: 'k1', name: 'laptop', content: CONTENT, isPrimary: true },
        { keyId: 'k2', name: 'laptop', content: CONTENT },
        { keyId: 'k3', name: 'laptop', content: CONTENT, isPrimary: true },
      ],
    },
    {
      name: 'all pages',
      answer: pages(
        Array.from({ length: 250 }, (_, index) => row(`k${String(index)}`)),
        100,
      ),
      expected: many(250),
    },
    {
      name: 'pages that the server makes smaller',
      answer: pages(
        Array.from({ length: 25 }, (_, index) => row(`k${String(index)}`)),
        10,
      ),
      expected: many(25),
    },
    {
      name: 'only rows with a readable ID',
      answer: pages(
        [
          null,
          'x',
          row('../pods/p1'),
          row('..'),
          row(7),
          row('k1', { toString: 1 }),
          row('k2', 'x'),
          row('k3', CONTENT, 4),
        ],
        100,
      ),
      expected: [read('7'), read('k1', ''), read('k2', 'x'), read('k3', CONTENT, '?')],
    },
  ])('reads $name', async ({ answer, expected }) => {
    await withServer(
      ({ query }) => answer(query),
      async ({ url }) => {
        const listed = await withProvider(url, async (provider) => await provider.listSshKeys());
        expect(listed).toEqual({ kind: 'ok', value: expected });
      },
    );
  });

  it.each<{ name: string; answer: (query: URLSearchParams) => CannedAnswer }>([
    { name: 'counts more keys than it lists', answer: pages([row('k1')], 100, 2) },
    {
      name: 'has no end',
      answer: (query) => ({
        json: {
          data: Array.from({ length: 100 }, (_, index) => row(Number(query.get('offset')) + index)),
        },
      }),
    },
  ])('is a failure if the provider $name', async ({ answer }) => {
    await withServer(
      ({ query }) => answer(query),
      async ({ url, seen }) => {
        const listed = await withProvider(url, async (provider) => await provider.listSshKeys());
        expect(listed).toMatchObject({ kind: 'failure', reason: 'UnexpectedResponse' });
        expect(seen.length).toBeLessThanOrEqual(100);
      },
    );
  });
});

describe('createSshKey', () => {
  it.each<{ name: string; answer: CannedAnswer; expected: object }>([
    {
      name: 'the key',
      answer: { json: row('k1', CONTENT, NEW.name) },
      expected: { kind: 'created', key: read('k1', CONTENT, NEW.name) },
    },
    {
      name: 'another key',
      answer: { json: row('k1', 'ssh-ed25519 BBBB') },
      expected: { kind: 'unknown', wasTaken: true },
    },
    {
      name: 'our key in another form',
      answer: { json: row('k1', 'ssh-ed25519 ****', NEW.name) },
      expected: { kind: 'unknown', wasTaken: true, alteredId: 'k1' },
    },
    { name: 'no ID', answer: { json: {} }, expected: { kind: 'unknown', wasTaken: true } },
    {
      name: 'a page',
      answer: { text: '<html>' },
      expected: { kind: 'unknown', message: expect.stringContaining('without the registered key') },
    },
    { name: '500', answer: { status: 500, json: { detail: 'x' } }, expected: { kind: 'unknown' } },
    { name: '409', answer: { status: 409, json: { detail: 'exists' } }, expected: { kind: 'unknown' } },
    {
      name: '400 of a proxy',
      answer: { status: 400, text: '<html>' },
      expected: { kind: 'unknown' },
    },
    {
      name: '403',
      answer: { status: 403, json: { detail: 'no' } },
      expected: { kind: 'refused', reason: 'Unauthorized' },
    },
    {
      name: '429',
      answer: { status: 429, json: { detail: 'slow' } },
      expected: { kind: 'refused', reason: 'RateLimited' },
    },
    {
      name: 'the limit',
      answer: { status: 400, json: { detail: 'Maximum number of SSH keys reached: 20' } },
      expected: { kind: 'refused', reason: 'QuotaExceeded' },
    },
    {
      name: '422',
      answer: { status: 422, json: { errors: [{ param: 'body.publicKey', details: 'bad' }] } },
      expected: { kind: 'refused', reason: 'InvalidSshKey' },
    },
  ])('answered with $name', async ({ answer, expected }) => {
    await withServer(
      () => answer,
      async ({ url, seen }) => {
        const outcome = await withProvider(url, async (provider) => await provider.createSshKey(NEW, SEND));
        expect(outcome).toMatchObject(expected);
        expect(seen).toHaveLength(1);
        expect(seen[0]).toMatchObject({ method: 'POST', path: '/api/v1/ssh_keys/' });
      },
    );
  });

  it('sends nothing that is no longer allowed', async () => {
    await withServer(
      () => ({ json: {} }),
      async ({ url, seen }) => {
        const send = { mayStillSend: () => false };
        expect(
          await withProvider(url, async (provider) => await provider.createSshKey(NEW, send)),
        ).toMatchObject({ kind: 'notSent' });
        expect(seen).toEqual([]);
      },
    );
  });
});

describe('deleteSshKey', () => {
  it('removes the key of this ID', async () => {
    await withServer(
      () => ({ json: { message: 'SSH key deleted' } }),
      async ({ url, seen }) => {
        const outcome = await withProvider(url, async (provider) => await provider.deleteSshKey('k1', SEND));
        expect(outcome).toEqual({ kind: 'accepted' });
        expect(seen[0]).toMatchObject({ method: 'DELETE', path: '/api/v1/ssh_keys/k1' });
      },
    );
  });

  it('takes no turn from the DELETE of an instance, which bills', async () => {
    const asked: Ask[] = [];
    const limiter: RateLimiter = {
      acquire: async (ask) => {
        asked.push(ask);
        return await Promise.resolve(0);
      },
      bookCreate: bookFreeTurn,
      reportPassed: () => undefined,
      reportLimited: () => undefined,
      state: () => ({ requestsPerSecond: 1, tokens: 1, waiting: { create: 0, delete: 0, read: 0 } }),
    };
    await withServer(
      () => ({ json: {} }),
      async ({ url }) => {
        await withProvider(url, async (provider) => await provider.deleteSshKey('k1', SEND), { limiter });
        await withProvider(url, async (provider) => await provider.deletePod('p1'), { limiter });
      },
    );
    expect(asked.map(({ priority }) => priority)).toEqual(['read', 'delete']);
  });

  it.each(['', '..', 'a/b', 'k?x'])('sends nothing for %j', async (keyId) => {
    await withServer(
      () => ({ json: {} }),
      async ({ url, seen }) => {
        const outcome = await withProvider(url, async (provider) => await provider.deleteSshKey(keyId, SEND));
        expect(outcome).toMatchObject({ kind: 'failure' });
        expect(seen).toEqual([]);
      },
    );
  });
});
