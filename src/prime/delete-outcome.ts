import type { DeleteOutcome, Failure } from '../lifecycle/provider.ts';
import { statusFailure, statusMessage, unexpected } from './failure.ts';
import { parseJson } from './parse-json.ts';
import { isNotFound } from './read-json.ts';
import type { Reply } from './reply.ts';

/** What the answer to a DELETE says. */
export function deleteOutcome(reply: Reply | Failure): DeleteOutcome {
  if (reply.kind === 'failure') {
    return reply;
  }
  if (isNotFound(reply)) {
    return { kind: 'notFound', message: statusMessage(reply) };
  }
  if (reply.status < 200 || reply.status > 299) {
    return statusFailure(reply);
  }
  // The page of a proxy with status 200 would look like success, and what should be gone would stay.
  return reply.text.trim() === '' || typeof parseJson(reply.text) === 'object'
    ? { kind: 'accepted' }
    : unexpected(reply, 'the answer is not JSON');
}
