import type { Answer, HistoryRow } from '../lifecycle/provider.ts';
import { defined } from './defined.ts';
import type { HttpClient } from './http-client.ts';
import { readJson } from './read-json.ts';
import { OffsetPage } from './schemas/common.ts';
import { HistoryItem } from './schemas/pod.ts';

const PAGE_SIZE = 100;
const MAX_PAGES = 2;
/** The history also has rows of these kinds; none of them is a pod. */
const OTHER_KINDS = new Set(['Cluster', 'Disk', 'Sandbox', 'Inference', 'Image', 'Training']);

/** The latest ended pods. Rows that cannot be read are left out: nothing is concluded from an omission here. */
export async function listHistory(client: HttpClient): Promise<Answer<readonly HistoryRow[]>> {
  const rows = new Map<string, HistoryRow>();
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const answer = await readPage(client, page * PAGE_SIZE);
    if (answer.kind === 'failure') {
      return answer;
    }
    for (const row of answer.value.data) {
      addRow(rows, row);
    }
    if ((page + 1) * PAGE_SIZE >= answer.value.total_count) {
      break;
    }
  }
  return { kind: 'ok', value: [...rows.values()] };
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
