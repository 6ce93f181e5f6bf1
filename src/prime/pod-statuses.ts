import type { Answer, Failure, InstanceSnapshot, PodStatuses } from '../lifecycle/provider.ts';
import { joinRows } from '../lifecycle/same-instance.ts';
import { ACCOUNT_STATUSES, unexpected } from './failure.ts';
import type { HttpClient } from './http-client.ts';
import { snapshotFromStatus } from './instance-snapshot.ts';
import { parseReply } from './read-json.ts';
import { PodStatusAnswer, PodStatusRow } from './schemas/pod.ts';

/** IDs per request. 100 IDs of 32 characters make a URL of 4 kB, which every proxy accepts. */
const CHUNK_SIZE = 100;
/** Requests per chunk: enough to find the one ID among a hundred for which the server refuses them all. */
const MAX_REQUESTS = 18;
/** How long to ask separately for an ID that the server refused. */
const APART_MS = 10 * 60_000;

/** Asks for the statuses of instances. Remembers which IDs the server refused. */
export function createPodStatuses(
  client: HttpClient,
): (podIds: readonly string[]) => Promise<Answer<PodStatuses>> {
  const apartUntilMs = new Map<string, number>();
  let noHalvingUntilMs = Number.NEGATIVE_INFINITY;

  return async (podIds) => {
    const nowMs = client.clock.monotonicMs();
    const unique = [...new Set(podIds)];
    const isApart = (podId: string): boolean => (apartUntilMs.get(podId) ?? -Infinity) > nowMs;
    const together = chunksOf(unique.filter((podId) => !isApart(podId)));
    const alone = unique.filter(isApart).map((podId) => [podId]);
    const answers: ChunkAnswer[] = [];
    for (const chunk of [...together, ...alone]) {
      const stop = reasonToStop(answers);
      const budget = { requests: nowMs < noHalvingUntilMs ? 1 : MAX_REQUESTS };
      const answer = stop === undefined ? await askChunk(client, chunk, budget) : answerOf(chunk, stop);
      answers.push(answer);
      // If the server refuses all IDs, the IDs are not the cause.
      if (answer.failed.size < chunk.length || chunk.length === 1) {
        for (const podId of answer.refused) {
          apartUntilMs.set(podId, nowMs + APART_MS);
        }
      } else if (answer.refused.length > 0) {
        noHalvingUntilMs = nowMs + APART_MS;
      }
    }
    return joined(answers);
  };
}

/**
 * The result of one chunk. The server left out an instance that is neither in `snapshots` nor in `failed`.
 */
interface ChunkAnswer {
  readonly snapshots: readonly InstanceSnapshot[];
  /** IDs without a snapshot because a request failed. */
  readonly failed: ReadonlyMap<string, Failure>;
  /** Those of `failed` that the server refused in a request of their own. */
  readonly refused: readonly string[];
}

/**
 * Stops if the account is refused, or if two chunks in a row had no answer: the other chunks would fail too,
 * and each may take half a minute.
 */
function reasonToStop(answers: readonly ChunkAnswer[]): Failure | undefined {
  const last = answers
    .slice(-2)
    .map(({ snapshots, failed }) => (snapshots.length === 0 ? [...failed.values()][0] : undefined));
  const latest = last.at(-1);
  const isOfAccount = latest?.httpStatus !== undefined && ACCOUNT_STATUSES.has(latest.httpStatus);
  const isDown = last.length === 2 && last.every((failure) => failure?.reason === 'ApiUnavailable');
  return isOfAccount || isDown ? latest : undefined;
}

function chunksOf(podIds: readonly string[]): readonly (readonly string[])[] {
  const count = Math.ceil(podIds.length / CHUNK_SIZE);
  return Array.from({ length: count }, (_, index) =>
    podIds.slice(index * CHUNK_SIZE, (index + 1) * CHUNK_SIZE),
  );
}

function joined(answers: readonly ChunkAnswer[]): Answer<PodStatuses> {
  const failed = new Map(answers.flatMap((answer) => [...answer.failed]));
  const isAnswered = answers.some((answer) => answer.failed.size === 0 || answer.snapshots.length > 0);
  const [first] = failed.values();
  return first !== undefined && !isAnswered
    ? first
    : { kind: 'ok', value: { snapshots: answers.flatMap(({ snapshots }) => snapshots), failed } };
}

/**
 * Repeats a chunk that fails once, and halves a chunk that is refused, so that one bad ID affects only
 * itself.
 */
async function askChunk(
  client: HttpClient,
  podIds: readonly string[],
  budget: Halving['budget'],
): Promise<ChunkAnswer> {
  const first = await ask(client, podIds, budget);
  const answer = isWorthRepeating(first) ? await ask(client, podIds, budget) : first;
  return answer.kind === 'failure' && isRefusal(answer)
    ? await halve(client, podIds, { refusal: answer, budget })
    : answerOf(podIds, answer);
}

interface Halving {
  readonly refusal: Failure;
  readonly budget: { requests: number };
}

async function halve(
  client: HttpClient,
  podIds: readonly string[],
  { refusal, budget }: Halving,
): Promise<ChunkAnswer> {
  if (podIds.length === 1 || budget.requests < 2) {
    return { ...answerOf(podIds, refusal), refused: podIds.length === 1 ? podIds : [] };
  }
  const middle = Math.ceil(podIds.length / 2);
  const halves: ChunkAnswer[] = [];
  for (const half of [podIds.slice(0, middle), podIds.slice(middle)]) {
    const answer = budget.requests < 1 ? { ...refusal, httpStatus: 0 } : await ask(client, half, budget);
    const isRefused = answer.kind === 'failure' && isRefusal(answer);
    halves.push(isRefused ? await halve(client, half, { refusal: answer, budget }) : answerOf(half, answer));
  }
  return {
    snapshots: halves.flatMap(({ snapshots }) => snapshots),
    failed: new Map(halves.flatMap(({ failed }) => [...failed])),
    refused: halves.flatMap(({ refused }) => refused),
  };
}

function answerOf(podIds: readonly string[], answer: Answer<readonly InstanceSnapshot[]>): ChunkAnswer {
  return answer.kind === 'ok'
    ? { snapshots: answer.value, failed: new Map(), refused: [] }
    : { snapshots: [], failed: new Map(podIds.map((podId) => [podId, answer])), refused: [] };
}

function isWorthRepeating(answer: Answer<unknown>): boolean {
  return (
    answer.kind === 'failure' &&
    !isRefusal(answer) &&
    !ACCOUNT_STATUSES.has(answer.httpStatus ?? 0) &&
    answer.reason !== 'CredentialsMissing'
  );
}

/** The server refuses the question itself, so repeating it cannot help. */
function isRefusal({ httpStatus = 0 }: Failure): boolean {
  return httpStatus >= 400 && httpStatus <= 499 && !ACCOUNT_STATUSES.has(httpStatus) && httpStatus !== 408;
}

async function ask(
  client: HttpClient,
  podIds: readonly string[],
  budget: { requests: number },
): Promise<Answer<readonly InstanceSnapshot[]>> {
  budget.requests -= 1;
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
  const snapshots = readRows(rows, new Set(podIds));
  return rows.length > 0 && snapshots === undefined
    ? unexpected(reply, 'none of its rows can be read')
    : { kind: 'ok', value: snapshots ?? [] };
}

/** What the rows say about each requested instance, or undefined if no row can be read. */
function readRows(rows: readonly unknown[], asked: ReadonlySet<string>): InstanceSnapshot[] | undefined {
  const snapshots = new Map<string, InstanceSnapshot>();
  let readable = 0;
  for (const row of rows) {
    const parsed = PodStatusRow.safeParse(row);
    if (!parsed.success) {
      continue;
    }
    readable += 1;
    const { podId } = parsed.data;
    if (asked.has(podId)) {
      const snapshot = snapshotFromStatus(parsed.data);
      snapshots.set(podId, joinRows(snapshots.get(podId) ?? snapshot, snapshot));
    }
  }
  return readable === 0 ? undefined : [...snapshots.values()];
}
