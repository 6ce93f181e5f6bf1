import { ApiResponseError, isGone } from './api-errors.ts';
import type { ApiTransport, CallOptions } from './api-transport.ts';
import { recordAt, stringAt } from './json.ts';
import { isRawObject, itemsOf, type RawObject, resourceVersionOf } from './objects.ts';

/** What to list: one resource path, all of it or what the selectors leave. */
export interface ListRequest extends CallOptions {
  path: string;
  labelSelector?: string | undefined;
  fieldSelector?: string | undefined;
  /** Objects a page. @default 500 */
  pageSize?: number | undefined;
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
 * Lists page by page, handing each page over as it comes, so that only one is held in memory as text.
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
  let page = await readPage(transport, request, undefined);
  onPage({ items: page.items, isFirst: true });
  while (page.continueToken !== undefined) {
    page = await readPage(transport, request, page.continueToken);
    onPage({ items: page.items, isFirst: false });
  }
  return page.resourceVersion;
}

async function readPage(
  transport: ApiTransport,
  { path, labelSelector, fieldSelector, pageSize, signal, timeoutMs }: ListRequest,
  continueToken: string | undefined,
): Promise<ParsedPage> {
  const limit = pageSize ?? DEFAULT_PAGE_SIZE;
  const query = {
    labelSelector,
    fieldSelector,
    limit: limit === 0 ? undefined : limit,
    continue: continueToken,
  };
  return parsePage(await transport.requestJson({ method: 'GET', path, query, signal, timeoutMs }));
}

function parsePage(body: unknown): ParsedPage {
  const items = itemsOf(body);
  const resourceVersion = resourceVersionOf(body);
  if (items === undefined || resourceVersion === undefined) {
    throw new ApiResponseError('the API server answered a list request with something that is no list');
  }
  const continueToken = stringAt(recordAt(body, 'metadata'), 'continue');
  return {
    // An item without a name or uid cannot come from an API server; leaving it out is all that can be done.
    items: items.filter(isRawObject),
    continueToken: continueToken === '' ? undefined : continueToken,
    resourceVersion,
  };
}
