import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { createBody } from '../../src/prime/create-body.ts';
import { literalApiKey } from '../../src/prime/api-key.ts';
import type { LimitedAnswer } from '../../src/prime/rate-limiter.ts';
import { bookFreeTurn } from '../support/free-turn.ts';
import { aCreateRequest, aPodRow, CANARY_KEY, POD_NAME, withProvider } from './builders.ts';
import { withServer } from './loopback-server.ts';
import type { CannedAnswer } from './loopback-server.ts';

const always = { mayStillSend: () => true };

interface OutcomeCase {
  readonly name: string;
  readonly answer: CannedAnswer;
  readonly expected: Readonly<Record<string, unknown>>;
  /** A plain read follows, and gets the same answer. */
  readonly isProven?: true;
}

function detail(status: number, text: string): CannedAnswer {
  return { status, json: { detail: text } };
}

describe('createPod: answers', () => {
  const cases: OutcomeCase[] = [
    { name: '200 with the instance', answer: { json: aPodRow() }, expected: { kind: 'created' } },
    {
      name: '201 with the instance',
      answer: { status: 201, json: aPodRow() },
      expected: { kind: 'created' },
    },
    {
      name: 'a name in another case',
      answer: { json: aPodRow({ name: POD_NAME.toUpperCase() }) },
      expected: { kind: 'created' },
    },
    {
      name: 'the ID with another name',
      answer: { json: aPodRow({ name: 'x' }) },
      expected: { kind: 'created', instance: { name: 'x' } },
    },
    {
      name: 'a cut name',
      answer: { json: aPodRow({ name: POD_NAME.slice(0, 9) }) },
      expected: { kind: 'created' },
    },
    { name: 'no name', answer: { json: aPodRow({ name: undefined }) }, expected: { kind: 'created' } },
    { name: 'null as the name', answer: { json: aPodRow({ name: null }) }, expected: { kind: 'created' } },
    { name: 'a number as the name', answer: { json: aPodRow({ name: 7 }) }, expected: { kind: 'created' } },
    { name: '200 without an ID', answer: { json: aPodRow({ id: null }) }, expected: { kind: 'unknown' } },
    { name: '200 with an empty ID', answer: { json: aPodRow({ id: '' }) }, expected: { kind: 'unknown' } },
    { name: '200 without a body', answer: { text: '' }, expected: { kind: 'unknown' } },
    { name: '200 with an HTML page', answer: { text: '<html>ok</html>' }, expected: { kind: 'unknown' } },
    { name: '204', answer: { status: 204 }, expected: { kind: 'unknown' } },
    { name: '200 with a list', answer: { json: [aPodRow()] }, expected: { kind: 'unknown' } },
    { name: '302', answer: { status: 302, headers: { location: '/x' } }, expected: { kind: 'unknown' } },
    { name: '304', answer: { status: 304 }, expected: { kind: 'unknown' } },
    { name: '307', answer: { status: 307, headers: { location: '/x' } }, expected: { kind: 'unknown' } },
    {
      name: '400 with the page of a proxy',
      answer: { status: 400, text: '<h1>no</h1>' },
      expected: { kind: 'unknown' },
    },
    { name: '400 without a text', answer: { status: 400, json: {} }, expected: { kind: 'unknown' } },
    { name: '404 with an HTML page', answer: { status: 404, text: 'nginx' }, expected: { kind: 'unknown' } },
    { name: '408', answer: detail(408, 'timeout'), expected: { kind: 'unknown' } },
    { name: '409', answer: detail(409, 'conflict'), expected: { kind: 'unknown' } },
    { name: '425', answer: detail(425, 'early'), expected: { kind: 'unknown' } },
    { name: '500 as JSON', answer: detail(500, 'no longer available'), expected: { kind: 'unknown' } },
    { name: '502 with an HTML page', answer: { status: 502, text: '<html>' }, expected: { kind: 'unknown' } },
    { name: '503', answer: detail(503, 'busy'), expected: { kind: 'unknown' } },
    {
      name: '401',
      answer: detail(401, 'Invalid token'),
      expected: { kind: 'refused', reason: 'Unauthorized', httpStatus: 401, scope: 'key', isProven: true },
      isProven: true,
    },
    {
      name: '401 with an HTML page: a proxy also answers before it forwards anything',
      answer: { status: 401, text: '<html>' },
      expected: { kind: 'refused', reason: 'Unauthorized' },
      isProven: true,
    },
    {
      name: '402',
      answer: { status: 402, json: { error: { message: 'Insufficient balance' } } },
      expected: { kind: 'refused', reason: 'PaymentRequired' },
    },
    {
      name: '403',
      answer: detail(403, 'Not authenticated'),
      expected: { kind: 'refused', reason: 'Unauthorized', scope: 'key' },
      isProven: true,
    },
    {
      name: '429 with Retry-After',
      answer: { ...detail(429, 'Too many requests.'), headers: { 'retry-after': '7' } },
      expected: { kind: 'refused', reason: 'RateLimited', retryAfterMs: 7000 },
    },
    {
      name: '422 in the format of this API',
      answer: { status: 422, json: { errors: [{ param: 'body.pod.cloudId', details: 'field required' }] } },
      expected: {
        kind: 'refused',
        reason: 'InvalidRequest',
        message: 'POST /pods/: the provider answered 422: body.pod.cloudId: field required',
      },
    },
  ];

  it.each(cases)('$name', async ({ answer, expected, isProven }) => {
    await withServer(
      () => answer,
      async ({ url, seen }) => {
        const outcome = await withProvider(url, (provider) => provider.createPod(aCreateRequest(), always));

        expect(outcome).toMatchObject(expected);
        expect(seen.map(({ method }) => method)).toEqual(isProven === true ? ['POST', 'GET'] : ['POST']);
      },
    );
  });

  it('sends the body, the key and the canonical path', async () => {
    const request = aCreateRequest({ secrets: { envVars: [{ key: 'A', value: 'ü' }] } });
    await withServer(
      () => ({ json: aPodRow() }),
      async ({ url, seen }) => {
        await withProvider(url, (provider) => provider.createPod(request, always));

        const [first] = seen;
        expect(first).toMatchObject({ method: 'POST', path: '/api/v1/pods/' });
        expect(first?.headers.authorization).toBe(`Bearer ${CANARY_KEY}`);
        expect(first?.headers['content-type']).toBe('application/json');
        expect(JSON.parse(first?.body ?? '')).toEqual(createBody(request));
      },
    );
  });
});

describe('createPod: the scope of a refusal', () => {
  it.each([
    { name: '401', post: [401, 'Invalid token'], get: 200, expected: ['Unauthorized', 'request', false] },
    { name: '403', post: [403, 'Not allowed'], get: 200, expected: ['Forbidden', 'request', false] },
    { name: '403', post: [403, 'Not allowed'], get: 403, expected: ['Unauthorized', 'key', true] },
    { name: '403', post: [403, 'Not allowed'], get: 401, expected: ['Unauthorized', 'key', true] },
    {
      name: 'a read that fails',
      post: [403, 'Not allowed'],
      get: 503,
      expected: ['Forbidden', 'request', false],
    },
    {
      name: 'a read that is rate limited',
      post: [401, 'no'],
      get: 429,
      expected: ['Unauthorized', 'request', false],
    },
    {
      name: 'a team',
      post: [403, 'No member of the team'],
      get: 403,
      expected: ['Unauthorized', 'team', true],
    },
    {
      name: 'a team',
      post: [403, 'No member of the team'],
      get: 200,
      expected: ['Forbidden', 'request', false],
    },
    {
      name: 'no such team',
      post: [422, 'body.team.teamId: x'],
      get: 404,
      expected: ['Unauthorized', 'team', true],
    },
    {
      name: 'a team',
      post: [422, 'body.team.teamId: x'],
      get: 200,
      expected: ['InvalidRequest', 'request', false],
    },
  ] as const)('is proven by a plain read: $name, then $get', async ({ post, get, expected }) => {
    await withServer(
      ({ method }) => (method === 'POST' ? detail(post[0], post[1]) : { status: get, json: { detail: 'x' } }),
      async ({ url, seen }) => {
        const request = aCreateRequest({ teamId: 'team-a' });
        const outcome = await withProvider(url, (provider) => provider.createPod(request, always));

        const [reason, scope, isProven] = expected;
        expect(outcome).toMatchObject({ kind: 'refused', reason, scope, isProven, httpStatus: post[0] });
        expect(seen[1]?.query.get('teamId')).toBe('team-a');
        expect(seen).toHaveLength(2);
      },
    );
  });

  it.each([
    [403, 'No access to template t-1'],
    [400, 'Maximum number of instances reached. Limit: 4'],
    [402, 'Payment required'],
    [429, 'Too many requests'],
  ])('needs no read if the answer is clear, or if no read can tell: %d %s', async (status, text) => {
    await withServer(
      () => detail(status, text),
      async ({ url, seen }) => {
        await withProvider(url, (provider) => provider.createPod(aCreateRequest(), always));
        expect(seen).toHaveLength(1);
      },
    );
  });
});

describe('createPod: requests that it does not send', () => {
  it.each([0, -1, 0.001, Number.NaN, Number.POSITIVE_INFINITY])(
    'refuses a cap of %p, which the provider may read as no cap',
    async (usdPerHour) => {
      await withServer(
        () => ({ json: aPodRow() }),
        async ({ url, seen }) => {
          const request = aCreateRequest({ cap: usdPerHour * 1_000_000 });
          const outcome = await withProvider(url, (provider) => provider.createPod(request, always));

          expect(outcome).toMatchObject({ kind: 'notSent', reason: 'Withheld' });
          expect(seen).toHaveLength(0);
        },
      );
    },
  );

  it('refuses to send without a key', async () => {
    await withServer(
      () => ({ json: aPodRow() }),
      async ({ url, seen }) => {
        const options = { apiKey: literalApiKey('') };
        const outcome = await withProvider(url, (p) => p.createPod(aCreateRequest(), always), options);

        expect(outcome).toEqual({
          kind: 'notSent',
          reason: 'CredentialsMissing',
          message: 'The API key in PRIME_API_KEY is empty. Set it and restart the operator.',
        });
        expect(seen).toHaveLength(0);
      },
    );
  });
});

describe('createPod: secrets', () => {
  const request = aCreateRequest({
    secrets: {
      envVars: [{ key: 'TOKEN', value: 'hf_canary_env' }],
      jupyterPassword: 'hf_canary_env_longer',
    },
  });

  it.each([400, 401, 422, 429, 500, 200])(
    'does not reveal what the server echoes with status %i',
    async (status) => {
      await withServer(
        ({ headers, body }) => ({ status, json: { detail: `${String(headers.authorization)} ${body}` } }),
        async ({ url }) => {
          const outcome = await withProvider(url, (provider) => provider.createPod(request, always));

          expect(inspect(outcome, { depth: 9, showHidden: true })).not.toMatch(/canary/);
        },
      );
    },
  );
});

describe('createPod: the limiter', () => {
  it.each([
    { name: 'waits for its turn', turnTaken: undefined, acquired: ['create'] },
    { name: 'does not wait again if the caller already took a turn', turnTaken: true, acquired: [] },
  ])('$name', async ({ turnTaken, acquired }) => {
    const turns: string[] = [];
    const limited: unknown[] = [];
    const limiter = {
      acquire: async ({ priority }: { readonly priority: string }) => {
        turns.push(priority);
        return await Promise.resolve(0);
      },
      reportLimited: (_ask: unknown, _startedAtMs: number, refusal?: LimitedAnswer) => limited.push(refusal),
      bookCreate: bookFreeTurn,
      reportPassed: () => undefined,
      state: () => ({ requestsPerSecond: 1, tokens: 1, waiting: { delete: 0, create: 0, read: 0 } }),
    };
    await withServer(
      () => ({ ...detail(429, 'Too many requests.'), headers: { 'retry-after': '3' } }),
      async ({ url }) => {
        const options = { ...always, ...(turnTaken === undefined ? {} : { turnTaken }) };
        await withProvider(url, (provider) => provider.createPod(aCreateRequest(), options), { limiter });

        expect(turns).toEqual(acquired);
        expect(limited).toEqual([{ retryAfterMs: 3000, resends: 0 }]);
      },
    );
  });
});
