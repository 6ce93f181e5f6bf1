import type { Answer, PodLook } from '../lifecycle/provider.ts';
import { unexpected } from './failure.ts';
import type { HttpClient } from './http-client.ts';
import { lookFromStatus } from './pod-look.ts';
import { parseReply } from './read-json.ts';
import { PodStatusAnswer, PodStatusRow } from './schemas/pod.ts';

/** Ids a request: 100 of 32 characters make an address of 4 kB, which every proxy takes. */
const CHUNK_SIZE = 100;

/**
 * The status of many pods. A pod that is missing in the answer, or whose row cannot be read, is left
 * out: that is a suspicion, no absence. If one chunk fails, all of it fails.
 */
export async function getPodStatuses(
  client: HttpClient,
  podIds: readonly string[],
): Promise<Answer<readonly PodLook[]>> {
  const unique = [...new Set(podIds)];
  const looks: PodLook[] = [];
  for (let start = 0; start < unique.length; start += CHUNK_SIZE) {
    const answer = await getChunk(client, unique.slice(start, start + CHUNK_SIZE));
    if (answer.kind === 'failure') {
      return answer;
    }
    looks.push(...answer.value);
  }
  return { kind: 'ok', value: looks };
}

async function getChunk(client: HttpClient, podIds: readonly string[]): Promise<Answer<readonly PodLook[]>> {
  const reply = await client.read({
    method: 'GET',
    path: '/pods/status',
    endpoint: '/pods/status',
    query: podIds.map((podId) => ['pod_ids', podId]),
  });
  if (reply.kind === 'failure') {
    return reply;
  }
  const answer = parseReply(reply, PodStatusAnswer);
  if (answer.kind === 'failure') {
    return answer;
  }
  const rows = answer.value.data ?? [];
  const looks = readRows(rows, new Set(podIds));
  return rows.length > 0 && looks === undefined
    ? unexpected(reply, 'none of its rows can be read')
    : { kind: 'ok', value: looks ?? [] };
}

/** The rows about the pods that were asked for, each once; undefined if no row can be read at all. */
function readRows(rows: readonly unknown[], asked: ReadonlySet<string>): PodLook[] | undefined {
  const looks = new Map<string, PodLook>();
  let readable = 0;
  for (const row of rows) {
    const parsed = PodStatusRow.safeParse(row);
    if (!parsed.success) {
      continue;
    }
    readable += 1;
    if (asked.has(parsed.data.podId) && !looks.has(parsed.data.podId)) {
      looks.set(parsed.data.podId, lookFromStatus(parsed.data));
    }
  }
  return readable === 0 ? undefined : [...looks.values()];
}
