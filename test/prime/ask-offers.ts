import type { Answer } from '../../src/lifecycle/provider.ts';
import type { OfferList, OfferQuery } from '../../src/offers/offer-source.ts';
import { withProvider } from './builders.ts';
import { withServer } from './loopback-server.ts';
import type { CannedAnswer, SeenRequest } from './loopback-server.ts';
import { createVirtualClock } from './virtual-clock.ts';

/** Paths of the availability API, and their answers without stock. */
export const GPUS = '/api/v1/availability/gpus';
export const MULTI_NODE = '/api/v1/availability/multi-node';
export const SUMMARY = '/api/v1/availability/gpu-summary';
export const LEGACY = '/api/v1/availability/';
export const NOT_FOUND = { status: 404, json: { detail: 'Not found' } };
export const EMPTY = { json: { items: [], totalCount: 0 } };

export function aQuery(changes: Partial<OfferQuery> = {}): OfferQuery {
  return { gpuType: 'A100_80GB', gpuCount: 1, regions: [], disks: [], ...changes };
}

/** A server with one answer per path, and 404 for other paths. */
export function byPath(
  answers: Readonly<Record<string, CannedAnswer>>,
): (request: SeenRequest) => CannedAnswer {
  return ({ path }) => answers[path] ?? NOT_FOUND;
}

/** Queries a server with these answers, without delays between retries. */
export async function ask(
  answer: (request: SeenRequest) => CannedAnswer,
  query = aQuery(),
): Promise<{ answer: Answer<OfferList>; paths: string[]; seen: readonly SeenRequest[] }> {
  let found: Answer<OfferList> | undefined;
  const requests: SeenRequest[] = [];
  await withServer(answer, async ({ url, seen }) => {
    // Skips the delay before the second request for an empty answer, which is not under test.
    const clock = { ...createVirtualClock(), sleep: async () => Promise.resolve() };
    found = await withProvider(url, (provider) => provider.listOffers(query), { clock });
    requests.push(...seen);
  });
  if (found === undefined) {
    throw new Error('the server did not run');
  }
  return { answer: found, paths: requests.map(({ path }) => path), seen: requests };
}
