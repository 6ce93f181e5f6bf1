import type { Offer } from '../offers/offer.ts';
import type { OfferQuery } from '../offers/offer-source.ts';
import type { Answer, Failure, NotFound, OfferAnswer } from '../lifecycle/provider.ts';
import { failure } from './failure.ts';
import type { HttpClient } from './http-client.ts';
import { rememberOffers } from './other-counts.ts';
import { readOffers } from './offer-row.ts';
import type { ReadOffers } from './offer-row.ts';
import { readJson, readJsonIfFound } from './read-json.ts';
import { explainRefusedQuery, isRefusedQuery } from './refused-query.ts';
import { GpuSummary, LegacyOffers, OfferPage } from './schemas/offer.ts';
import { PageLengths } from './page-lengths.ts';
import { summaryShowsStock } from './summary.ts';

const PAGE_SIZE = 100;
const LEGACY_PAGE_SIZE = 500;
/** 5,000 offers of one GPU type and count. The live API had 608 in all. */
const MAX_PAGES = 50;
/** How long to use the legacy endpoint before trying the current one again. */
const LEGACY_RETENTION_MS = 10 * 60_000;
/** One replica may answer with an empty list. The retry probably reaches another one. */
const EMPTY_RETRY_DELAY_MS = 500;

/**
 * Answers {@link OfferQuery}s. Remembers which endpoint the server has, and which other GPU counts it
 * offers.
 */
export function createAvailability(client: HttpClient): (query: OfferQuery) => Promise<Answer<OfferAnswer>> {
  const { clock } = client;
  const pages = new PageLengths(clock);
  const otherCounts = rememberOffers(clock, readOtherCounts);
  let legacyUntilMs = Number.NEGATIVE_INFINITY;

  /** Reads all rows from the current endpoint, or from the legacy one if the server has no other. */
  async function readAll(query: OfferQuery | AnyCount): Promise<Answer<ReadOffers>> {
    if (clock.monotonicMs() < legacyUntilMs) {
      return readLegacyPages(client, query);
    }
    const current = await readPages(client, '/availability/gpus', query, pages);
    if (current.kind !== 'notFound') {
      return current;
    }
    const legacy = await readLegacyPages(client, query);
    if (legacy.kind === 'ok') {
      legacyUntilMs = clock.monotonicMs() + LEGACY_RETENTION_MS;
    }
    return legacy;
  }

  async function listOffers(query: OfferQuery): Promise<Answer<OfferAnswer>> {
    const beganAtMs = clock.monotonicMs();
    let answer = await readAll(query);
    if (answer.kind === 'ok' && isEmpty(answer.value)) {
      await clock.sleep(EMPTY_RETRY_DELAY_MS);
      answer = await readAll(query);
    }
    if (answer.kind === 'ok' && isEmpty(answer.value)) {
      answer = await explainEmpty(query);
    }
    if (answer.kind === 'ok') {
      return unreadable(answer.value) ?? { kind: 'ok', value: { ...answer.value, beganAtMs } };
    }
    return isRefusedQuery(answer) ? await explainRefusedQuery(client, query, answer) : answer;
  }

  /**
   * The endpoint sometimes answers with an empty list although there is stock. The operator accepts an empty
   * answer only if the summary agrees, or does not exist. It then adds other counts and multi-node offers:
   * this query can rent none of them, but they explain why there is no offer.
   */
  async function explainEmpty(query: OfferQuery): Promise<Answer<ReadOffers>> {
    const doubt = await contradiction(client, query);
    return doubt ?? { kind: 'ok', value: { offers: await otherCounts(query), skippedRows: 0 } };
  }

  /**
   * Leaves out single-instance offers of the requested count: this answer may be old, and they must not
   * become candidates.
   */
  async function readOtherCounts(query: OfferQuery): Promise<readonly Offer[]> {
    const { gpuCount, ...anyCount } = query;
    const [single, clusters] = [
      await readAll(anyCount),
      await readPages(client, '/availability/multi-node', anyCount, pages),
    ];
    const found = [single, clusters].flatMap((answer) => (answer.kind === 'ok' ? answer.value.offers : []));
    return found.filter((offer) => offer.multiNode || offer.gpuCount !== gpuCount);
  }

  return listOffers;
}

type AnyCount = Omit<OfferQuery, 'gpuCount'>;

/** If no row can be read, the answer is malformed and does not mean an empty market. */
function unreadable({ offers, skippedRows, missing }: ReadOffers): Failure | undefined {
  return offers.length === 0 && missing !== undefined
    ? missing
    : offers.length === 0 && skippedRows > 0
      ? failure(
          'UnexpectedResponse',
          `GET /availability/gpus: none of the ${String(skippedRows)} offers can be read.`,
        )
      : undefined;
}

function isEmpty(read: ReadOffers): boolean {
  return read.offers.length === 0 && read.skippedRows === 0;
}

async function contradiction(client: HttpClient, query: OfferQuery): Promise<Failure | undefined> {
  // The summary does not say where disks are, so it cannot contradict an empty answer.
  if (query.disks.length > 0) {
    return undefined;
  }
  const path = '/availability/gpu-summary';
  const summary = await readJsonIfFound(client, { method: 'GET', path, endpoint: path }, GpuSummary);
  if (summary.kind !== 'ok') {
    return summary.kind === 'notFound' ? undefined : summary;
  }
  return summaryShowsStock(summary.value, query)
    ? failure(
        'UnexpectedResponse',
        'GET /availability/gpus: no offers, though the summary shows some, so the operator ignores this answer.',
      )
    : undefined;
}

/** Reads all pages. If a later page fails, the pages before it still count. */
async function readPages(
  client: HttpClient,
  path: string,
  query: OfferQuery | AnyCount,
  pages: PageLengths,
): Promise<Answer<ReadOffers> | NotFound> {
  const rows: unknown[] = [];
  let lastText = '';
  let missing: Failure | undefined;
  let firstLength = 0;
  for (let page = 1; page <= MAX_PAGES; page += 1) {
    const parameters = toParameters(query, page, PAGE_SIZE);
    const call = { method: 'GET', path, endpoint: path, query: parameters } as const;
    const answer = await readJsonIfFound(client, call, OfferPage);
    if (answer.kind !== 'ok') {
      if (page === 1) {
        return answer;
      }
      missing = answer.kind === 'failure' ? answer : undefined;
      break;
    }
    const { items, totalCount: total } = answer.value;
    // A server that repeats a page has no more rows.
    const text = JSON.stringify(items);
    const fresh = text === lastText ? [] : items;
    lastText = text;
    rows.push(...fresh);
    firstLength = page === 1 ? items.length : firstLength;
    const read = { page, firstLength, length: items.length, fresh: fresh.length, all: rows.length };
    if (pages.isLast({ ...read, total })) {
      break;
    }
  }
  const read = readOffers(rows, path.endsWith('multi-node'));
  return { kind: 'ok', value: missing === undefined ? read : { ...read, missing } };
}

async function readLegacyPages(
  client: HttpClient,
  query: OfferQuery | AnyCount,
): Promise<Answer<ReadOffers>> {
  const path = '/availability/';
  const rows: unknown[] = [];
  for (let page = 1; page <= MAX_PAGES; page += 1) {
    const parameters = toParameters(query, page, LEGACY_PAGE_SIZE);
    const call = { method: 'GET', path, endpoint: path, query: parameters } as const;
    const answer = await readJson(client, call, LegacyOffers);
    if (answer.kind === 'failure') {
      return answer;
    }
    const pageRows = Object.values(answer.value).flat();
    rows.push(...pageRows);
    if (pageRows.length < LEGACY_PAGE_SIZE) {
      break;
    }
  }
  return { kind: 'ok', value: readOffers(rows, false) };
}

function toParameters(
  query: OfferQuery | AnyCount,
  page: number,
  pageSize: number,
): (readonly [string, string])[] {
  return [
    ['gpu_type', query.gpuType],
    ...('gpuCount' in query ? [['gpu_count', String(query.gpuCount)] as const] : []),
    ...query.regions.map((region) => ['regions', region] as const),
    ...query.disks.map((disk) => ['disks', disk] as const),
    ['page', String(page)],
    ['page_size', String(pageSize)],
  ];
}
