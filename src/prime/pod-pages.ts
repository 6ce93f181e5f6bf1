import type { Answer, Failure, PodLook, UnidentifiedRow, Wallet } from '../lifecycle/provider.ts';
import { defined } from './defined.ts';
import { failure } from './failure.ts';
import type { HttpClient } from './http-client.ts';
import { lookFromPod } from './pod-look.ts';
import { readJson } from './read-json.ts';
import { OffsetPage } from './schemas/common.ts';
import { ListedPod, UnidentifiedPod } from './schemas/pod.ts';

const PAGE_SIZE = 100;
/** Pages overlap by this many rows: when an instance ends between two pages, the rows behind it move forward. */
const OVERLAP = 5;
const MAX_PAGES = 1000;
const MAX_TRIES = 3;

/** What the pages of one wallet had. */
export interface CollectedPods {
  readonly pods: ReadonlyMap<string, PodLook>;
  /** By their place in the list. */
  readonly unidentified: ReadonlyMap<number, UnidentifiedRow>;
  /** Why this is not all, or may not be. */
  readonly failure?: Failure;
}

/**
 * All pages of one wallet. A total that is too large is a contradiction, and one that is too small proves nothing: a full
 * page is never the last. The list ends at an empty page, or at one that is shorter than a page this server gave before.
 */
export async function collectPods(client: HttpClient, wallet: Wallet): Promise<CollectedPods> {
  let collected: CollectedPods | undefined;
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const collector = new Collector();
    const failed = await collectPages(client, wallet, collector);
    const problem = failed ?? collector.contradiction();
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
      return undefined;
    }
  }
  return failure('UnexpectedResponse', 'GET /pods/: the list has no end, so it is not believed.');
}

/** Pages of one try, as they come. */
class Collector {
  /** Where the next page begins. */
  offset = 0;
  isAtEnd = false;
  readonly #pods = new Map<string, PodLook>();
  readonly #unidentified = new Map<number, UnidentifiedRow>();
  #longest = 0;
  #lastLength = 0;
  /** The greatest of the totals that the pages claimed; undefined where none did. */
  #total: number | undefined;
  #isRepeating = false;
  /** Some page did not overlap with the one before it: more rows may have moved than are read twice. */
  #hasGap = false;

  add({ data, total_count: total }: OffsetPage): void {
    this.#noteTotal(total);
    const known = this.#addRows(data);
    const isNothingNew = known === data.length;
    // A page that begins behind one of several rows has the last of them again.
    this.#hasGap ||= known === 0 && !isNothingNew && this.#lastLength > 1;
    const isShort = data.length < this.#longest;
    this.#isRepeating = isNothingNew && !isShort && data.length > 0;
    // Behind a short page the server may have more, if its total says so.
    this.isAtEnd = isNothingNew || (isShort && this.#count >= (this.#total ?? 0));
    this.#longest = Math.max(this.#longest, data.length);
    this.#lastLength = data.length;
    // By what came, not by what was asked for: a server may give smaller pages.
    this.offset += Math.max(1, data.length - OVERLAP);
  }

  #noteTotal(total: number | undefined): void {
    this.#total = total === undefined ? this.#total : Math.max(this.#total ?? 0, total);
  }

  /** @returns how many of the rows were known already. */
  #addRows(rows: readonly unknown[]): number {
    let known = 0;
    for (const [index, row] of rows.entries()) {
      const parsed = ListedPod.safeParse(row);
      if (parsed.success) {
        known += this.#pods.has(parsed.data.id) ? 1 : 0;
        this.#pods.set(parsed.data.id, lookFromPod(parsed.data));
      } else {
        const place = this.offset + index;
        known += this.#unidentified.has(place) ? 1 : 0;
        this.#unidentified.set(place, defined(UnidentifiedPod.parse(row)));
      }
    }
    return known;
  }

  get #count(): number {
    return this.#pods.size + this.#unidentified.size;
  }

  contradiction(): Failure | undefined {
    const total = this.#total ?? 0;
    if (this.#count < total) {
      return doubt('the provider says that there are more instances than it lists');
    }
    const isVouchedFor = this.#total === this.#count;
    if (this.#hasGap && !isVouchedFor) {
      return doubt('the list changed too much while it was read');
    }
    // All rows in one page that is not cut at the size asked for: a server that knows no pages.
    const isWhole = isVouchedFor && this.#longest !== PAGE_SIZE;
    return this.#isRepeating && !isWhole
      ? doubt('the provider gives the same page again and again')
      : undefined;
  }

  collected(problem: Failure | undefined): CollectedPods {
    const found = { pods: this.#pods, unidentified: this.#unidentified };
    return problem === undefined ? found : { ...found, failure: problem };
  }
}

function doubt(problem: string): Failure {
  return failure('UnexpectedResponse', `GET /pods/: ${problem}, so the list is not believed.`);
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
