import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Provider } from '../../src/lifecycle/provider.ts';
import type { Exchange, Exchanger } from '../../src/prime/exchange.ts';
import { aCreateRequest, CANARY_KEY } from '../prime/builders.ts';
import { findSecret } from '../support/find-secret.ts';
import { simulatedProvider } from '../simulation/simulated-provider.ts';
import { assertNothingPolluted, HOSTILE_JSON, isPrintable } from './support/hostile-values.ts';
import { mutated, pick } from './support/json-mutations.ts';
import type { Mutation } from './support/json-mutations.ts';
import * as judges from './support/provider-judges.ts';
import type { Given } from './support/provider-judges.ts';
import { ASKED_ID, RECORDED } from './support/recorded-bodies.ts';
import type { Endpoint } from './support/recorded-bodies.ts';

const ENV_VALUE = 'canary-env "4711"\nsecond line';
const PASSWORD = 'canary-password-4712';
const CANARIES = { apiKey: CANARY_KEY, env: ENV_VALUE, password: PASSWORD };
const KEY_ALONE = { apiKey: CANARY_KEY };

/** A server that repeats the request, as it came or in another encoding. */
const ECHOES = Object.values(CANARIES).flatMap((secret) =>
  [
    secret,
    JSON.stringify(secret),
    Buffer.from(secret).toString('base64'),
    Buffer.from(`a${secret}`).toString('base64'),
    Buffer.from(secret).toString('hex'),
    encodeURIComponent(secret),
  ].map((echo) => JSON.stringify(`not accepted: ${echo}`)),
);
const VALUES = [...HOSTILE_JSON, ...ECHOES];
const STATUSES = [
  200, 200, 200, 201, 204, 302, 400, 401, 402, 403, 404, 404, 408, 409, 422, 425, 429, 500, 503,
];

interface Question {
  readonly endpoint: Endpoint;
  /** The requests that get the mutated body. All others get a valid answer. */
  readonly path: RegExp;
  readonly run: (provider: Provider, given: Given, number: number) => Promise<Result>;
}

interface Result {
  readonly outcome: { readonly kind: string };
  readonly problem: string | undefined;
}

function question<T extends { readonly kind: string }>(
  endpoint: Endpoint,
  path: RegExp,
  ask: (provider: Provider, number: number) => Promise<T>,
  judge: (given: Given, outcome: T) => string | undefined,
): Question {
  return {
    endpoint,
    path,
    run: async (provider, given, number) => {
      const outcome = await ask(provider, number);
      return { outcome, problem: judge(given, outcome) };
    },
  };
}

const request = aCreateRequest({
  secrets: { envVars: [{ key: 'TOKEN', value: ENV_VALUE }], jupyterPassword: PASSWORD },
});

async function askOffers(provider: Provider): ReturnType<Provider['listOffers']> {
  return await provider.listOffers({ gpuType: 'A100_80GB', gpuCount: 1, regions: [], disks: [] });
}

const QUESTIONS: readonly Question[] = [
  question(
    'create',
    /^POST/,
    async (p) => await p.createPod(request, { mayStillSend: () => true }),
    judges.judgeCreate,
  ),
  question('pod', /^GET .*\/pods\/e98/, async (p) => await p.getPod(ASKED_ID), judges.judgePod),
  question('pods', /\/pods\/\?/, async (p) => await p.listPods([undefined, 'team-1']), judges.judgeList),
  question('status', /\/pods\/status/, async (p) => await p.getPodStatuses([ASKED_ID]), judges.judgeStatuses),
  question('history', /\/pods\/history/, async (p) => await p.listHistory(), judges.judgeHistory),
  question('delete', /^DELETE/, async (p) => await p.deletePod(ASKED_ID), judges.judgeDelete),
  question(
    'whoami',
    /whoami/,
    async (p) => await p.whoami(),
    () => undefined,
  ),
  question('gpus', /\/availability\/gpus/, askOffers, judges.judgeOffers),
  question('legacy', /\/availability\/\?/, askOffers, judges.judgeOffers),
  question('summary', /gpu-summary/, askOffers, () => undefined),
];

/** The answers of the other endpoints while one of them is under test. */
const GOOD: Readonly<Record<string, Given>> = {
  summary: { status: 200, text: '{"items":[],"totalCount":0}' },
  legacy: { status: 404, text: '{"detail":"Not found"}' },
};

const CASE = fc.record({
  question: fc.nat(QUESTIONS.length - 1),
  body: fc.nat(99),
  status: fc.nat(STATUSES.length - 1),
  mutations: fc.array(fc.record<Mutation>({ kind: fc.nat(99), at: fc.nat(9_999), value: fc.nat(999) }), {
    maxLength: 3,
  }),
});

interface Wire {
  asked: Question;
  given: Given;
  requests: number;
}

function exchangerOf(wire: Wire): Exchanger {
  return {
    exchange: ({ method, url }) => {
      wire.requests += 1;
      const isAsked = wire.asked.path.test(`${method} ${url}`);
      const { status, text } = isAsked ? wire.given : (GOOD[wire.asked.endpoint] ?? EMPTY);
      return Promise.resolve<Exchange>({ kind: 'reply', status, text });
    },
    close: () => undefined,
  };
}

const EMPTY: Given = { status: 200, text: '{"items":[],"totalCount":0}' };
const CASES = 100_000;
/** The pages of an endless list, for three tries. */
const MOST_REQUESTS = 4_000;

describe('an answer of the provider', () => {
  it('has no more effect than its text justifies, and its hostile parts appear nowhere', async () => {
    let cases = 0;
    let nowMs = 0;
    const clock = { nowMs: () => nowMs, monotonicMs: () => nowMs, sleep: async () => Promise.resolve() };
    const wire: Wire = { asked: pick(QUESTIONS, 0), given: EMPTY, requests: 0 };
    const provider = simulatedProvider(exchangerOf(wire), clock, { text: CANARY_KEY, version: 1 });
    const kinds = new Map<string, number>();

    await fc.assert(
      fc.asyncProperty(CASE, async ({ question: asked, body, status, mutations }) => {
        cases += 1;
        // The client caches the endpoint of a server, and its offers, for a while.
        nowMs += 3_1_800_000;
        wire.asked = pick(QUESTIONS, asked);
        const bodies = [...RECORDED[wire.asked.endpoint], ...RECORDED.error];
        wire.given = { status: pick(STATUSES, status), text: mutated(pick(bodies, body), mutations, VALUES) };
        wire.requests = 0;

        const { outcome, problem } = await wire.asked.run(provider, wire.given, cases);

        const name = `${wire.asked.endpoint} ${outcome.kind}`;
        kinds.set(name, (kinds.get(name) ?? 0) + 1);
        // Not with `expect`, which would take longer than the rest of the case.
        if (problem !== undefined) throw new Error(`${problem}: ${JSON.stringify(outcome)}`);
        if (wire.requests > MOST_REQUESTS) throw new Error(`${wire.requests} requests`);
        expectClean(outcome, wire.asked.endpoint);
        assertNothingPolluted();
      }),
      { numRuns: CASES, seed: 4711 },
    );

    expect(cases).toBeGreaterThanOrEqual(CASES);
    expect([...kinds].filter(([, count]) => count < 20)).toEqual([]);
    expect(kinds.size).toBe(23);
  }, 1_800_000);
});

/** Messages are short and printable, names are printable, and no secret occurs anywhere. */
function expectClean(outcome: object, endpoint: Endpoint): void {
  const message = 'message' in outcome ? String(outcome.message) : '';
  if (message.length > 300 || !isPrintable(message)) {
    throw new Error(`not fit for people: ${JSON.stringify(message)}`);
  }
  const text = JSON.stringify(outcome);
  if (!isPrintable(text)) throw new Error(`not printable: ${JSON.stringify(outcome)}`);
  // Only the answer to a create request can be compared with what was requested.
  const known = endpoint === 'create' ? CANARIES : KEY_ALONE;
  const found = findSecret(message, known);
  if (text.includes(CANARY_KEY)) found.push('apiKey');
  if (found.length > 0) throw new Error(`${found.join(', ')} in ${text}`);
}
