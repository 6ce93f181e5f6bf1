import type { Answer, Failure, Wallet } from '../lifecycle/provider.ts';
import { failure } from './failure.ts';
import type { HttpClient } from './http-client.ts';
import { Collector, PAGE_SIZE } from './page-collector.ts';
import type { CollectedInstances } from './page-collector.ts';
import { readJson } from './read-json.ts';
import { OffsetPage } from './schemas/common.ts';

const MAX_PAGES = 1000;
const MAX_TRIES = 3;

/**
 * Reads all pages of one wallet. The list ends at an empty page, or at one that is shorter than an earlier
 * page or than the server's own limit.
 *
 * @param terminating How many instances are terminating, so that rows may vanish during the read.
 */
export async function collectInstances(
  client: HttpClient,
  wallet: Wallet,
  terminating: number,
): Promise<CollectedInstances> {
  let collected: CollectedInstances | undefined;
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const collector = new Collector();
    const failed = await collectPages(client, wallet, collector);
    const problem = failed ?? collector.contradiction(terminating);
    collected = collector.collected(problem);
    if (failed !== undefined || problem === undefined) {
      return collected;
    }
  }
  return collected ?? new Collector().collected(undefined);
}

async function collectPages(
  client: HttpClient,
  wallet: Wallet,
  collector: Collector,
): Promise<Failure | undefined> {
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const answer = await readPage(client, collector.offset, wallet);
    if (answer.kind === 'failure') {
      return answer;
    }
    collector.add(answer.value);
    if (collector.isAtEnd) {
      return collector.mayMissFirstRows ? await readFirstPage(client, wallet, collector) : undefined;
    }
  }
  return failure('UnexpectedResponse', 'GET /pods/: the list has no end, so the operator ignores it.');
}

/** Finds rows that appeared at the start of the list, or moved there, while the rest was read. */
async function readFirstPage(
  client: HttpClient,
  wallet: Wallet,
  collector: Collector,
): Promise<Failure | undefined> {
  const answer = await readPage(client, 0, wallet);
  if (answer.kind === 'failure') {
    return answer;
  }
  collector.addFirstPage(answer.value);
  return undefined;
}

async function readPage(client: HttpClient, offset: number, wallet: Wallet): Promise<Answer<OffsetPage>> {
  const query: [string, string][] = [
    ['offset', String(offset)],
    ['limit', String(PAGE_SIZE)],
  ];
  if (wallet !== undefined) {
    query.push(['teamId', wallet]);
  }
  return readJson(client, { method: 'GET', path: '/pods/', endpoint: '/pods/', query }, OffsetPage);
}
