import type {
  Answer,
  DeleteOutcome,
  Failure,
  NotFound,
  InstanceSnapshot,
  SendOptions,
} from '../lifecycle/provider.ts';
import { deleteOutcome } from './delete-outcome.ts';
import { failure, statusMessage, unexpected } from './failure.ts';
import type { HttpClient, ReadCall } from './http-client.ts';
import type { Reply } from './reply.ts';
import { snapshotFromPod } from './instance-snapshot.ts';
import { isNotFound, parseReply } from './read-json.ts';
import { ListedPod } from './schemas/pod.ts';

const MAX_ID_LENGTH = 256;

/** The snapshot of one instance, from `GET /pods/{id}`. `notFound` means that the API itself answered 404. */
export async function getPod(
  client: HttpClient,
  podId: string,
): Promise<Answer<InstanceSnapshot> | NotFound> {
  const reply = await askAboutPod(client, { method: 'GET' }, podId);
  if (reply.kind === 'failure') {
    return reply;
  }
  if (isNotFound(reply)) {
    return { kind: 'notFound', message: statusMessage(reply) };
  }
  const answer = parseReply(reply, ListedPod);
  if (answer.kind === 'failure') {
    return answer;
  }
  if (answer.value.id !== podId) {
    return unexpected(reply, 'the answer is about another instance');
  }
  return { kind: 'ok', value: snapshotFromPod(answer.value) };
}

/**
 * Requests the termination of an instance. The status in the answer is not reliable, so the caller reads the
 * instance again.
 */
export async function deletePod(
  client: HttpClient,
  podId: string,
  options?: SendOptions,
): Promise<DeleteOutcome> {
  const fence = options === undefined ? {} : { maySend: options.mayStillSend };
  return deleteOutcome(await askAboutPod(client, { method: 'DELETE', ...fence }, podId));
}

async function askAboutPod(
  client: HttpClient,
  how: Pick<ReadCall, 'method' | 'maySend'>,
  podId: string,
): Promise<Reply | Failure> {
  // An empty ID, "." or ".." would change the path.
  if (/^\.{0,2}$/.test(podId) || podId.length > MAX_ID_LENGTH || !podId.isWellFormed()) {
    return failure(
      'UnexpectedResponse',
      'This is not an instance ID, so the operator did not ask the provider about it.',
    );
  }
  return client.read({ ...how, path: `/pods/${encodeURIComponent(podId)}`, endpoint: '/pods/{id}' });
}
