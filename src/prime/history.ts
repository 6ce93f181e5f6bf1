import type { Answer, HistoryRow } from '../lifecycle/provider.ts';
import type { HttpClient } from './http-client.ts';
import { readJson } from './read-json.ts';
import { defined, OffsetPage } from './schemas/common.ts';
import { HistoryItem } from './schemas/pod.ts';

const PAGE_SIZE = 100;
/** Older terminations than this many rows are of no interest here. */
const MAX_ROWS = 200;
/**
 * A server may return smaller pages than requested. This limits the requests to one that returns tiny pages.
 */
const MAX_PAGES = 10;
/** The history also lists these kinds, which are no instances. */
const OTHER_KINDS = new Set(['Cluster', 'Disk', 'Sandbox', 'Inference', 'Image', 'Training']);

/**
 * The latest terminated instances, from `GET /pods/history`.
 *
 * Rows that cannot be read are left out, and so are all rows after a page that fails: no decision rests on a
 * missing row. If `wanted` is given, reading stops once all of these IDs have an end time.
 */
export async function listHistory(
  client: HttpClient,
  wanted?: ReadonlySet<string>,
): Promise<Answer<readonly HistoryRow[]>> {
  const rows = new Map<string, HistoryRow>();
  const seen = new Set<string>();
  const extraPages = Math.ceil((2 * (wanted?.size ?? 0)) / PAGE_SIZE);
  let offset = 0;
  for (let pages = MAX_PAGES + extraPages; pages > 0; pages -= 1) {
    const answer = await readPage(client, offset);
    if (answer.kind === 'failure') {
      return offset === 0 ? answer : { kind: 'ok', value: [...rows.values()] };
    }
    const { data } = answer.value;
    const known = seen.size;
    takeIn(data, { rows, seen });
    offset += data.length;
    const isEnough = offset >= MAX_ROWS + extraPages * PAGE_SIZE || hasAll(rows, wanted);
    if (isEnough || seen.size === known || isLast(answer.value, offset)) {
      break;
    }
  }
  return { kind: 'ok', value: [...rows.values()] };
}

function takeIn(
  data: readonly unknown[],
  { rows, seen }: { readonly rows: Map<string, HistoryRow>; readonly seen: Set<string> },
): void {
  for (const row of data) {
    seen.add(JSON.stringify(row));
    addRow(rows, row);
  }
}

function hasAll(rows: ReadonlyMap<string, HistoryRow>, wanted: ReadonlySet<string> | undefined): boolean {
  return wanted !== undefined && [...wanted].every((podId) => rows.get(podId)?.terminatedAt !== undefined);
}

/**
 * A full page is never the last one, and neither is a page whose length equals the total: the server may
 * have counted only this page.
 */
function isLast({ data, total_count: total = 0 }: OffsetPage, read: number): boolean {
  return data.length < PAGE_SIZE && read >= total && total !== data.length;
}

async function readPage(client: HttpClient, offset: number): Promise<Answer<OffsetPage>> {
  const query: [string, string][] = [
    ['sort_by', 'terminatedAt'],
    ['sort_order', 'desc'],
    ['offset', String(offset)],
    ['limit', String(PAGE_SIZE)],
  ];
  const call = { method: 'GET', path: '/pods/history', endpoint: '/pods/history', query } as const;
  return readJson(client, call, OffsetPage);
}

function addRow(rows: Map<string, HistoryRow>, row: unknown): void {
  const parsed = HistoryItem.safeParse(row);
  if (!parsed.success || OTHER_KINDS.has(parsed.data.type ?? '')) {
    return;
  }
  const { id, name, createdAt, terminatedAt, totalBilledPrice } = parsed.data;
  rows.set(id, {
    podId: id,
    name,
    ...defined({ createdAt, terminatedAt, totalBilledUsd: totalBilledPrice }),
  });
}
