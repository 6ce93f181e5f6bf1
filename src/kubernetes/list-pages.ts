import { ApiAnswerTooLargeError, ApiResponseError, isGone } from './api-errors.ts';
import type { ApiTransport, CallOptions } from './api-transport.ts';
import { recordAt, stringAt } from '../json.ts';
import { isRawObject, itemsOf, type RawObject, resourceVersionOf } from './objects.ts';

/** What to list: one resource path, all of it or what the selectors leave. */
export interface ListRequest extends CallOptions {
  path: string;
  labelSelector?: string | undefined;
  fieldSelector?: string | undefined;
  /** Objects a page at most. @default 500 */
  pageSize?: number | undefined;
  /** Of one page of more than one object. @default 8 MiB */
  maxPageBytes?: number | undefined;
}

/** One page; `isFirst` says that what earlier pages brought must be forgotten (the list began anew). */
export interface ListPage {
  items: RawObject[];
  isFirst: boolean;
}

interface ParsedPage {
  items: RawObject[];
  continueToken: string | undefined;
  resourceVersion: string;
}

const DEFAULT_PAGE_SIZE = 500;
/**
 * Text and values of a page are held at once, a few times its bytes. One object has 1.5 MiB at most, so that the first
 * page is no burden whatever it holds, and those after it grow while they stay small.
 */
const DEFAULT_MAX_PAGE_BYTES = 8 * 1024 * 1024;
const FIRST_PAGE_SIZE = 20;
const GROWTH = 5;

/**
 * Lists page by page, handing each page over as it comes, so that only one is held in memory as text. A page that is
 * larger than memory allows is asked for again in smaller pieces.
 * Returns the resourceVersion of the list: where a watch goes on from.
 *
 * A continue token that expired on the way (410) starts the list anew, in one piece, as client-go does: a list too
 * slow for paging would otherwise expire for ever.
 *
 * The read is consistent (no `resourceVersion=0`): a list from a lagging cache could show an object as it was before
 * our own last write.
 */
export async function listPages(
  transport: ApiTransport,
  request: ListRequest,
  onPage: (page: ListPage) => void,
): Promise<string> {
  try {
    return await listWithLimit(transport, request, onPage);
  } catch (error) {
    if (!isGone(error)) throw error;
    return await listWithLimit(transport, { ...request, pageSize: 0 }, onPage);
  }
}

async function listWithLimit(
  transport: ApiTransport,
  request: ListRequest,
  onPage: (page: ListPage) => void,
): Promise<string> {
  const largest = request.pageSize ?? DEFAULT_PAGE_SIZE;
  let limit = Math.min(largest, FIRST_PAGE_SIZE);
  let page: ParsedPage | undefined;
  for (;;) {
    const next = await readPage(transport, request, { limit, continueToken: page?.continueToken });
    if (next === 'tooLarge') {
      limit = Math.max(1, Math.floor(limit / GROWTH));
      continue;
    }
    onPage({ items: next.items, isFirst: page === undefined });
    page = next;
    limit = Math.min(largest, limit * GROWTH);
    if (page.continueToken === undefined) return page.resourceVersion;
  }
}

interface PageAsk {
  /** 0: all at once. */
  readonly limit: number;
  readonly continueToken: string | undefined;
}

async function readPage(
  transport: ApiTransport,
  { path, labelSelector, fieldSelector, maxPageBytes, signal, timeoutMs }: ListRequest,
  { limit, continueToken }: PageAsk,
): Promise<ParsedPage | 'tooLarge'> {
  const query = {
    labelSelector,
    fieldSelector,
    limit: limit === 0 ? undefined : limit,
    continue: continueToken,
  };
  // One object is taken as it is, and all at once are what was asked for.
  const maxBytes = limit > 1 ? (maxPageBytes ?? DEFAULT_MAX_PAGE_BYTES) : undefined;
  try {
    return parsePage(
      await transport.requestJson({ method: 'GET', path, query, maxBytes, signal, timeoutMs }),
    );
  } catch (error) {
    if (error instanceof ApiAnswerTooLargeError) return 'tooLarge';
    throw error;
  }
}

function parsePage(body: unknown): ParsedPage {
  const items = itemsOf(body);
  const resourceVersion = resourceVersionOf(body);
  if (items === undefined || resourceVersion === undefined) {
    throw new ApiResponseError('the API server answered a list request with something other than a list');
  }
  const continueToken = stringAt(recordAt(body, 'metadata'), 'continue');
  return {
    // An item without a name or uid cannot come from an API server; leaving it out is all that can be done.
    items: items.filter(isRawObject),
    continueToken: continueToken === '' ? undefined : continueToken,
    resourceVersion,
  };
}
