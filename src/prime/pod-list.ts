import type { Answer, PodList, PodLook } from '../lifecycle/provider.ts';
import { failure } from './failure.ts';
import type { HttpClient } from './http-client.ts';
import { lookFromPod } from './pod-look.ts';
import { readJson } from './read-json.ts';
import { OffsetPage } from './schemas/common.ts';
import { PodRow } from './schemas/pod.ts';

const PAGE_SIZE = 100;
/** Pages overlap by this many rows: when a pod ends between two pages, the rows behind it move forward. */
const OVERLAP = 5;
const MAX_PAGES = 1000;
const MAX_TRIES = 3;

/**
 * All live pods that this key sees, its own and those of the teams. Every row must be readable, and there
 * must be as many different ids as the provider says that there are: who concludes from this list that a
 * pod does not exist may rent another one.
 */
export async function listPods(client: HttpClient, teamIds: readonly string[]): Promise<Answer<PodList>> {
  const beganAtMs = client.clock.monotonicMs();
  const pods = new Map<string, PodLook>();
  for (const teamId of [undefined, ...new Set(teamIds)]) {
    const answer = await listComplete(client, teamId);
    if (answer.kind === 'failure') {
      return answer;
    }
    for (const pod of answer.value) {
      pods.set(pod.podId, pod);
    }
  }
  return { kind: 'ok', value: { pods: [...pods.values()], beganAtMs } };
}

/** What the pages of one try had. */
interface Collected {
  readonly pods: Map<string, PodLook>;
  /** The greatest of the totals that the pages claimed. */
  total: number;
}

async function listComplete(client: HttpClient, teamId: string | undefined): Promise<Answer<PodLook[]>> {
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const answer = await collectPages(client, teamId);
    if (answer.kind === 'failure') {
      return answer;
    }
    const { pods, total } = answer.value;
    if (pods.size >= total) {
      return { kind: 'ok', value: [...pods.values()] };
    }
  }
  return failure(
    'UnexpectedResponse',
    'GET /pods/: the provider says that there are more pods than it lists, so the list is not believed.',
  );
}

async function collectPages(client: HttpClient, teamId: string | undefined): Promise<Answer<Collected>> {
  const collected: Collected = { pods: new Map(), total: 0 };
  let offset = 0;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const answer = await readPage(client, offset, teamId);
    if (answer.kind === 'failure') {
      return answer;
    }
    const { data, total_count: total } = answer.value;
    collected.total = Math.max(collected.total, total);
    const unreadable = addRows(collected.pods, data);
    if (unreadable !== undefined) {
      return unreadable;
    }
    if (data.length === 0 || offset + data.length >= total) {
      break;
    }
    // By what came, not by what was asked for: a server may give smaller pages.
    offset += Math.max(1, data.length - OVERLAP);
  }
  return { kind: 'ok', value: collected };
}

async function readPage(
  client: HttpClient,
  offset: number,
  teamId: string | undefined,
): Promise<Answer<OffsetPage>> {
  const query: [string, string][] = [
    ['offset', String(offset)],
    ['limit', String(PAGE_SIZE)],
  ];
  if (teamId !== undefined) {
    query.push(['teamId', teamId]);
  }
  return readJson(client, { method: 'GET', path: '/pods/', endpoint: '/pods/', query }, OffsetPage);
}

function addRows(pods: Map<string, PodLook>, rows: readonly unknown[]): Answer<never> | undefined {
  for (const row of rows) {
    const parsed = PodRow.safeParse(row);
    if (!parsed.success) {
      return failure(
        'UnexpectedResponse',
        'GET /pods/: a row has no readable id and name, so the list is not believed.',
      );
    }
    pods.set(parsed.data.id, lookFromPod(parsed.data));
  }
  return undefined;
}
