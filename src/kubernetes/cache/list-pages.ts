import { recordAt, stringAt } from '../../json.ts';
import { ApiAnswerTooLargeError, ApiResponseError, isGone } from '../client/api-errors.ts';
import type { ApiTransport, CallOptions } from '../client/api-transport.ts';
import { isOlderVersion, isRawObject, itemsOf, resourceVersionOf } from '../objects.ts';
import type { RawObject } from '../objects.ts';

/** What to list: one resource path, filtered by the selectors. */
export interface ListRequest extends CallOptions {
  path: string;
  labelSelector?: string | undefined;
  fieldSelector?: string | undefined;
  /** Objects per page. @default 500 */
  pageSize?: number | undefined;
  /** Size limit of a page with more than one object. @default 8 MiB */
  maxPageBytes?: number | undefined;
}

/** One page. `isFirst` says that the list began anew, so earlier pages no longer count. */
export interface ListPage {
  items: RawObject[];
  isFirst: boolean;
  resourceVersion: string;
}

interface ParsedPage {
  items: RawObject[];
  continueToken: string | undefined;
  resourceVersion: string;
}

const DEFAULT_PAGE_SIZE = 500;
/**
 * The process holds text and values of a page at once, a few times its bytes. One object has at most 1.5 MiB, so the
 * first page is small whatever it holds, and later pages grow while they stay small.
 */
const DEFAULT_MAX_PAGE_BYTES = 8 * 1024 * 1024;
const FIRST_PAGE_SIZE = 20;
const GROWTH = 5;

/**
 * Lists page by page and passes each page on as it arrives, so that only one is in memory as text. It requests a page
 * above the size limit again in smaller pieces.
 *
 * If a continue token expires (410), it lists everything in one request, as client-go does. A list that is too slow
 * for paging would otherwise expire each time.
 *
 * The read is consistent (no `resourceVersion=0`): a list from a lagging cache could show an object from before our
 * own last write.
 *
 * @returns the resourceVersion of the list, from which a watch continues
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

/**
 * Whether the server has surely lost this version, as one that was restored from a backup. It keeps a watch silent until
 * it reaches the version again. Asks for a list of one object. If the server does not answer, the next watch will say so.
 */
export async function hasLost(
  transport: ApiTransport,
  request: ListRequest,
  reached: string,
): Promise<boolean> {
  try {
    const page = await readPage(transport, request, { limit: 1, continueToken: undefined });
    return page !== 'tooLarge' && isOlderVersion(page.resourceVersion, reached);
  } catch {
    return false;
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
    const { items, resourceVersion } = next;
    onPage({ items, isFirst: page === undefined, resourceVersion });
    page = next;
    limit = Math.min(largest, limit * GROWTH);
    if (page.continueToken === undefined) return page.resourceVersion;
  }
}

interface PageAsk {
  /** 0: everything at once. */
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
  // A single object has no limit, nor has a list that was requested in one piece.
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
    // An API server sends no item without a name or UID. Such an item is left out.
    items: items.filter(isRawObject),
    continueToken: continueToken === '' ? undefined : continueToken,
    resourceVersion,
  };
}
