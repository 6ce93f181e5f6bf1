import { describe, expect, it, jest } from '@jest/globals';
import { Installations, servedNamespace } from './installations.ts';
import type { Keys } from './installations.ts';

jest.setTimeout(5 * 60_000);

const MINUTE_MS = 60_000;
/** GpuPods of all installations together. No list has a multiple of five rows, which needs a second page as proof. */
const COUNT = 132;
/** Thirty status polls, and six inventories. */
const REST_MS = 30 * MINUTE_MS;

/** What all installations request while nothing happens. */
async function atRest(keys: Keys, number: number): Promise<Readonly<Record<string, number>>> {
  const installations = new Installations({
    count: number,
    keys,
    isTraced: false,
    provider: { provisioningMs: 2_000, installingMs: 0 },
  });
  const { first, all } = installations;
  await installations.start();
  const names = Array.from({ length: COUNT }, (_, at) => `${servedNamespace(at % number)}/train-${at}`);
  for (const name of names) first.apply(name);
  await first.until('all are Ready', () => names.every((name) => first.isReady(name)));
  await first.pass(MINUTE_MS);
  const after = first.api.requests.lastNumber;
  await first.pass(REST_MS);
  expect(first.journal.violations).toEqual([]);
  const sums: Record<string, number> = {};
  for (const index of all.keys()) {
    for (const [label, count] of Object.entries(installations.requestsOf(index, after))) {
      sums[label] = (sums[label] ?? 0) + count;
    }
  }
  return sums;
}

/** A poll covers 100 instances, and so does a page. The first key also shows three instances of others. */
describe(`${COUNT} GpuPods at rest cost in half an hour`, () => {
  it.each<{ keys: Keys; number: number; polls: number; pages: number; histories: number }>([
    { keys: 'own', number: 1, polls: 60, pages: 12, histories: 6 },
    { keys: 'own', number: 2, polls: 60, pages: 12, histories: 12 },
    { keys: 'own', number: 4, polls: 120, pages: 24, histories: 24 },
    // Each lists the instances of all.
    { keys: 'shared', number: 2, polls: 60, pages: 24, histories: 12 },
    { keys: 'shared', number: 4, polls: 120, pages: 48, histories: 24 },
  ])(
    '$polls polls, $pages pages and $histories histories with $number installations and $keys keys',
    async ({ keys, number, polls, pages, histories }) => {
      expect(await atRest(keys, number)).toEqual({
        'GET /pods/status': polls,
        'GET /pods/': pages,
        'GET /pods/history': histories,
      });
    },
  );
});
