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
/** 5,000 offers of one GPU type and count; 608 in all were seen. */
const MAX_PAGES = 50;
/** How long a server that has only the legacy endpoint is not asked for the current one. */
const LEGACY_MEMORY_MS = 10 * 60_000;
/** A replica that answers with nothing is followed by another one soon. */
const EMPTY_RETRY_DELAY_MS = 500;

/** Answers {@link OfferQuery}s. It remembers which endpoint the server has, and what there is of other counts. */
export function createAvailability(client: HttpClient): (query: OfferQuery) => Promise<Answer<OfferAnswer>> {
  const { clock } = client;
  const pages = new PageLengths(clock);
  const otherCounts = rememberOffers(clock, readOtherCounts);
  let legacyUntilMs = Number.NEGATIVE_INFINITY;

  /** All rows, from the current endpoint, or from the legacy one where there is no other. */
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
      legacyUntilMs = clock.monotonicMs() + LEGACY_MEMORY_MS;
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
   * The endpoint sometimes answers with an empty list although there is stock, so an empty answer is believed only if
   * the summary agrees, or does not exist. Then what nobody asked for is added, other counts and clusters: nothing of
   * it can be rented by this query, it explains why there is no offer.
   */
  async function explainEmpty(query: OfferQuery): Promise<Answer<ReadOffers>> {
    const doubt = await contradiction(client, query);
    return doubt ?? { kind: 'ok', value: { offers: await otherCounts(query), skippedRows: 0 } };
  }

  /** One machine of the count that was asked for would be an offer by now, and this answer may be old. */
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

/** Rows of which none can be read are an odd answer, not an empty market. */
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
  // The summary does not know where the disks are, so it cannot contradict.
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

/** All pages. Those before one that fails are offers all the same. */
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
    // A server that repeats itself has no more.
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
