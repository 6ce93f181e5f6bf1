import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { PrimeProvider } from '../../src/prime/prime-provider.ts';
import { listen } from './loopback-server.ts';
import { aCreateRequest, anOfferRow, aPodRow, aProvider, CANARY_KEY, podsPage } from './builders.ts';
import { createVirtualClock } from './virtual-clock.ts';

const GOOD_BODIES = [
  aPodRow({
    id: 'p1',
    sshConnection: ['root@1.2.3.4 -p 22'],
    primePortMapping: [{ internal: '22', external: '1' }],
  }),
  podsPage([aPodRow({ id: 'p1' })]),
  { data: [{ ...aPodRow(), podId: 'p1' }] },
  { data: { id: 'u1' } },
  { items: [anOfferRow()], totalCount: 1 },
  { A100_80GB: [anOfferRow()] },
  { A100_80GB: { 1: { cheapest: { onDemand: 1 } } } },
  { errors: [{ param: 'body.pod', details: 'x' }] },
  { detail: [{ loc: ['a'], msg: 'x' }] },
].map((body) => JSON.stringify(body));

/** A good body with some characters or values replaced. Often it is still JSON. */
const mutatedBody = fc.oneof(
  fc
    .tuple(fc.constantFrom(...GOOD_BODIES), fc.nat(), fc.nat(9), fc.string({ maxLength: 3 }))
    .map(([body, at, length, text]) => {
      const start = at % body.length;
      return body.slice(0, start) + text + body.slice(start + length);
    }),
  fc
    .tuple(
      fc.constantFrom(...GOOD_BODIES),
      fc.nat(),
      fc.constantFrom(
        'null',
        '[]',
        '{}',
        '[null]',
        '-1',
        '1e999',
        '""',
        '{"__proto__":null}',
        'true',
        '"\\ud800"',
      ),
    )
    .map(([body, at, value]) => {
      const places = [...body.matchAll(/"[^"]*"(?!:)|[\d.]+|null|true|false|\[\]/g)];
      const place = places[at % places.length];
      const start = place?.index ?? 0;
      return body.slice(0, start) + value + body.slice(start + (place?.[0].length ?? 0));
    }),
  fc.json(),
  fc.string(),
);

describe('the provider client', () => {
  let server: Server;
  let provider: PrimeProvider;
  let answer = { status: 200, body: '' };

  beforeAll(async () => {
    server = createServer((request, response) => {
      request.resume();
      response.writeHead(answer.status, {
        'retry-after': answer.body.slice(0, 5).replaceAll(/[^\w ,:]/g, ''),
      });
      response.end(answer.body);
    });
    const clock = { ...createVirtualClock(), sleep: async () => Promise.resolve() };
    // Without a cache, so that each answer is read.
    provider = aProvider(`http://127.0.0.1:${String(await listen(server))}`, { clock, offerTtlMs: 0 });
  });

  afterAll(async () => {
    provider.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  it('returns a value for any answer of a server, and never reveals the key', async () => {
    let gpuCount = 0;
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(200, 200, 400, 404, 422, 500), mutatedBody, async (status, body) => {
        answer = { status, body };
        gpuCount += 1;
        const outcomes = await Promise.all([
          provider.createPod(aCreateRequest(), { mayStillSend: () => true }),
          provider.deletePod('p1'),
          provider.getPod('p1'),
          provider.getPodStatuses(['p1']),
          provider.listPods([undefined, 't1']),
          provider.listHistory(),
          provider.whoami(),
          provider.listOffers({ gpuType: 'A100_80GB', gpuCount, regions: [], disks: [] }),
        ]);

        for (const outcome of outcomes) {
          expect(outcome).toHaveProperty('kind');
          expect('message' in outcome ? outcome.message.length : 0).toBeLessThanOrEqual(300);
        }
        expect(inspect(outcomes, { depth: 12 })).not.toContain(CANARY_KEY);
      }),
      { numRuns: 100 },
    );
  }, 60_000);
});
