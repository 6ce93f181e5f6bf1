import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import type { ObservedRequest } from '../../src/prime/http-client.ts';
import { literalApiKey } from '../../src/prime/api-key.ts';
import type { PrimeProvider } from '../../src/prime/prime-provider.ts';
import { aPodRow, CANARY_KEY, withProvider } from './builders.ts';
import { withServer } from './loopback-server.ts';
import type { CannedAnswer } from './loopback-server.ts';

const OFFER_QUERY = { gpuType: 'H100_80GB', gpuCount: 1, regions: [], disks: [] };

interface Read {
  readonly name: string;
  readonly ask: (provider: PrimeProvider) => Promise<unknown>;
  /** The reason for a 422 if people choose the words of the query. */
  readonly refused?: string;
}

const READS: readonly Read[] = [
  { name: 'getPod', ask: (provider) => provider.getPod('p1') },
  { name: 'deletePod', ask: (provider) => provider.deletePod('p1') },
  { name: 'getPodStatuses', ask: (provider) => provider.getPodStatuses(['p1']) },
  { name: 'listPods', ask: (provider) => provider.listPods([undefined]) },
  { name: 'listHistory', ask: (provider) => provider.listHistory() },
  { name: 'whoami', ask: (provider) => provider.whoami() },
  {
    name: 'listOffers',
    ask: (provider) => provider.listOffers(OFFER_QUERY),
    refused: 'InvalidRequest',
  },
];

function detail(status: number, text = 'words'): CannedAnswer {
  return { status, json: { detail: text } };
}

describe.each(READS)('$name: answers', ({ ask, refused = 'UnexpectedResponse' }) => {
  it.each([
    { name: '401', answer: detail(401), reason: 'Unauthorized' },
    { name: '402', answer: detail(402), reason: 'PaymentRequired' },
    { name: '403', answer: detail(403), reason: 'Unauthorized' },
    {
      name: '404 with the page of a proxy',
      answer: { status: 404, text: '<html>' },
      reason: 'UnexpectedResponse',
    },
    { name: '405', answer: detail(405), reason: 'UnexpectedResponse' },
    { name: '408', answer: detail(408), reason: 'ApiUnavailable' },
    { name: '409', answer: detail(409), reason: 'UnexpectedResponse' },
    { name: '422', answer: detail(422), reason: refused },
    { name: '429', answer: detail(429), reason: 'RateLimited' },
    { name: '500', answer: detail(500), reason: 'ApiUnavailable' },
    { name: '502 with an HTML page', answer: { status: 502, text: '<html>' }, reason: 'ApiUnavailable' },
    { name: '200 with an HTML page', answer: { text: '<html>' }, reason: 'UnexpectedResponse' },
    { name: '200 with a text', answer: { json: 'ok' }, reason: 'UnexpectedResponse' },
  ])('$name', async ({ answer, reason }) => {
    await withServer(
      () => answer,
      async ({ url }) => {
        expect(await withProvider(url, ask)).toMatchObject({
          kind: 'failure',
          reason,
          httpStatus: 'status' in answer ? answer.status : 200,
        });
      },
    );
  });

  it('returns how long to wait', async () => {
    await withServer(
      () => ({ ...detail(429), headers: { 'retry-after': '12' } }),
      async ({ url }) => {
        expect(await withProvider(url, ask)).toMatchObject({ reason: 'RateLimited', retryAfterMs: 12_000 });
      },
    );
  });

  it('sends no request without a key', async () => {
    await withServer(
      () => ({ json: {} }),
      async ({ url, seen }) => {
        const answer = await withProvider(url, ask, { apiKey: literalApiKey(' ') });

        expect(answer).toEqual({
          kind: 'failure',
          reason: 'CredentialsMissing',
          message: 'The API key in PRIME_API_KEY is empty. Set it and restart the operator.',
        });
        expect(seen).toHaveLength(0);
      },
    );
  });

  it.each([200, 400, 401, 404, 500])(
    'does not reveal a key that the server echoes with status %i',
    async (status) => {
      await withServer(
        ({ headers }) => ({ status, json: { detail: headers.authorization } }),
        async ({ url }) => {
          const answer = await withProvider(url, ask);

          expect(inspect(answer, { depth: 9, showHidden: true })).not.toContain(CANARY_KEY);
        },
      );
    },
  );
});

describe('getPod', () => {
  it('reads an active instance', async () => {
    const row = aPodRow({
      id: 'p1',
      teamId: 'team_1',
      status: 'ACTIVE',
      installationStatus: 'FINISHED',
      installationProgress: 100,
      sshConnection: 'root@203.0.113.7 -p 22022',
      ip: '203.0.113.7',
      primePortMapping: [{ internal: '22', external: '22022', protocol: 'TCP', usedBy: 'SSH' }],
    });
    await withServer(
      () => ({ json: row }),
      async ({ url, seen }) => {
        expect(await withProvider(url, (provider) => provider.getPod('p1'))).toEqual({
          kind: 'ok',
          value: {
            podId: 'p1',
            name: row['name'],
            teamId: 'team_1',
            userId: 'u1',
            status: 'ACTIVE',
            installationStatus: 'FINISHED',
            installationProgress: 100,
            ssh: {
              user: 'root',
              host: '203.0.113.7',
              port: 22_022,
              command: 'ssh root@203.0.113.7 -p 22022',
            },
            ports: [{ internal: 22, external: 22_022, protocol: 'TCP', usedBy: 'SSH' }],
            priceUsdPerHour: 1.9,
            gpuCount: 1,
            gpuName: 'H100_80GB',
            upstream: 'hyperstack',
            createdAt: '2026-11-23T10:00:00Z',
          },
        });
        expect(seen[0]).toMatchObject({ method: 'GET', path: '/api/v1/pods/p1' });
      },
    );
  });

  it.each([
    { name: 'an unknown status', row: { status: 'HIBERNATING' }, snapshot: { status: 'UNKNOWN' } },
    { name: 'an invalid status', row: { status: 7 }, snapshot: { status: 'UNKNOWN' } },
    { name: 'the name of an object member', row: { status: 'constructor' }, snapshot: { status: 'UNKNOWN' } },
    { name: 'a price as a string', row: { priceHr: '1.25' }, snapshot: { priceUsdPerHour: 1.25 } },
    { name: 'no price yet', row: { priceHr: 0 }, snapshot: { priceUsdPerHour: undefined } },
    { name: 'an invalid price', row: { priceHr: 'free' }, snapshot: { priceUsdPerHour: undefined } },
    { name: 'a negative price', row: { priceHr: -1 }, snapshot: { priceUsdPerHour: undefined } },
    { name: 'odd ports', row: { primePortMapping: 'x' }, snapshot: { ports: [] } },
    { name: 'an invalid team', row: { teamId: 7 }, snapshot: { teamId: undefined } },
    {
      name: 'a long failure',
      row: { installationFailure: `a\n${'b'.repeat(999)}` },
      snapshot: { installationFailure: `a ${'b'.repeat(297)}…` },
    },
  ])('reads an instance with $name', async ({ row, snapshot }) => {
    await withServer(
      () => ({ json: aPodRow({ id: 'p1', ...row }) }),
      async ({ url }) => {
        const answer = await withProvider(url, (provider) => provider.getPod('p1'));

        const shown = new Map(Object.entries('value' in answer ? answer.value : {}));

        expect(shown.get('podId')).toBe('p1');
        for (const [field, value] of Object.entries(snapshot)) {
          expect(shown.get(field)).toEqual(value);
        }
      },
    );
  });

  it('rejects an answer about another instance', async () => {
    await withServer(
      () => ({ json: aPodRow({ id: 'p2' }) }),
      async ({ url }) => {
        expect(await withProvider(url, (provider) => provider.getPod('p1'))).toMatchObject({
          reason: 'UnexpectedResponse',
        });
      },
    );
  });

  it.each(['', '.', '..', 'x'.repeat(300)])(
    'sends no request for %p, which would be another path',
    async (podId) => {
      await withServer(
        () => ({ json: {} }),
        async ({ url, seen }) => {
          const outcome = await withProvider(url, (provider) => provider.deletePod(podId));

          expect(outcome.kind).toBe('failure');
          expect(seen).toHaveLength(0);
        },
      );
    },
  );

  it('encodes an unusual ID in the path', async () => {
    await withServer(
      () => detail(404, 'Not found'),
      async ({ url, seen }) => {
        await withProvider(url, (provider) => provider.deletePod('../keys?a=b#c'));

        expect(seen[0]?.path).toBe('/api/v1/pods/..%2Fkeys%3Fa%3Db%23c');
      },
    );
  });
});

describe('not found', () => {
  it('is returned only if the API itself says so', async () => {
    await withServer(
      () => detail(404, 'Not found'),
      async ({ url }) => {
        await withProvider(url, async (provider) => {
          const message = 'the provider answered 404';
          expect(await provider.getPod('p1')).toEqual({
            kind: 'notFound',
            message: `GET /pods/{id}: ${message}`,
          });
          expect(await provider.deletePod('p1')).toEqual({
            kind: 'notFound',
            message: `DELETE /pods/{id}: ${message}`,
          });
        });
      },
    );
  });
});

describe('deletePod', () => {
  it.each([
    { name: '200 with the status', answer: { json: { status: 'TERMINATED' } } },
    { name: '200 with any JSON', answer: { json: { status: 'ACTIVE' } } },
    { name: '200 without a body', answer: { text: '' } },
    { name: '202', answer: { status: 202, json: {} } },
    { name: '204', answer: { status: 204 } },
  ])('accepts $name', async ({ answer }) => {
    await withServer(
      () => answer,
      async ({ url, seen }) => {
        expect(await withProvider(url, (p) => p.deletePod('p1'))).toEqual({ kind: 'accepted' });
        expect(seen[0]).toMatchObject({ method: 'DELETE', path: '/api/v1/pods/p1', body: '' });
      },
    );
  });
});

describe('observe', () => {
  it('reports each request, without IDs', async () => {
    const events: ObservedRequest[] = [];
    await withServer(
      ({ path }) => (path.endsWith('/whoami') ? detail(503) : { json: aPodRow({ id: 'p1' }) }),
      async ({ url }) => {
        await withProvider(
          url,
          async (provider) => {
            await provider.getPod('p1');
            await provider.whoami();
          },
          { observe: (event) => events.push(event) },
        );
      },
    );

    expect(events).toEqual([
      { endpoint: '/pods/{id}', method: 'GET', status: 200, durationMs: expect.any(Number) },
      { endpoint: '/user/whoami', method: 'GET', status: 503, durationMs: expect.any(Number) },
    ]);
  });
});
