import type { CreateOptions, CreateOutcome, Refusal } from '../lifecycle/provider.ts';
import type { CreatePodRequest } from '../lifecycle/create-pod-request.ts';
import { cleanText, jsonErrorText } from './error-text.ts';
import { ACCOUNT_STATUSES, statusMessage } from './failure.ts';
import type { HttpClient } from './http-client.ts';
import { parseJson } from './parse-json.ts';
import type { Reply } from './reply.ts';
import { lookFromPod } from './pod-look.ts';
import { proveRefusal } from './refusal-proof.ts';
import { refusalCause } from './refusals.ts';
import { PodRow } from './schemas/pod.ts';

/** Below this the provider reads a cap as "no cap" (0), or it cannot be meant. */
const MIN_MAX_PRICE = 0.01;
/** 4xx that say nothing about whether the request was carried out. */
const UNDECIDED_STATUSES = new Set([408, 409, 425]);

/**
 * Rents a machine: sends the request once, and says what is known afterwards (design 4.1, step 4).
 *
 * `options.mayStillSend` is asked when TCP and TLS stand, right before the first byte of the request is
 * written; a failure before that point is `notSent`, and after it everything but a clear answer is
 * `unknown`.
 */
export async function createPod(
  client: HttpClient,
  request: CreatePodRequest,
  options: CreateOptions,
): Promise<CreateOutcome> {
  const { maxPrice } = request.pod;
  if (!Number.isFinite(maxPrice) || maxPrice < MIN_MAX_PRICE) {
    return {
      kind: 'notSent',
      reason: 'Withheld',
      message: 'The request has no price cap, so it is not sent.',
    };
  }
  const reply = await client.create({
    path: '/pods/',
    endpoint: '/pods/',
    body: JSON.stringify(request),
    maySend: options.mayStillSend,
    turnTaken: options.turnTaken ?? false,
  });
  if (reply.kind !== 'reply') {
    return reply;
  }
  const outcome = outcomeOf({ ...reply, secrets: secretsOf(reply, request) }, request);
  return outcome.kind === 'refused' ? await proveRefusal(client, outcome, request.team?.teamId) : outcome;
}

function outcomeOf(reply: Reply, request: CreatePodRequest): CreateOutcome {
  if (reply.status >= 200 && reply.status <= 299) {
    return created(reply, request);
  }
  const text = jsonErrorText(parseJson(reply.text));
  const isDecided = reply.status >= 400 && reply.status <= 499 && !UNDECIDED_STATUSES.has(reply.status);
  if (isDecided && (text !== undefined || ACCOUNT_STATUSES.has(reply.status))) {
    return refused(reply, text ?? '', request);
  }
  return { kind: 'unknown', message: statusMessage(reply) };
}

function created(reply: Reply, request: CreatePodRequest): CreateOutcome {
  const parsed = PodRow.safeParse(parseJson(reply.text));
  if (!parsed.success) {
    return unknown(reply, 'the provider answered without a readable id and name');
  }
  // An answer that was meant for another request says nothing about ours.
  if (parsed.data.name.toLowerCase() !== request.pod.name.toLowerCase()) {
    return unknown(reply, `the provider answered with another pod (${parsed.data.id})`);
  }
  return { kind: 'created', pod: lookFromPod(parsed.data) };
}

function unknown(reply: Reply, problem: string): CreateOutcome {
  return { kind: 'unknown', message: cleanText(`${reply.label}: ${problem}.`, reply.secrets) };
}

function refused(reply: Reply, text: string, request: CreatePodRequest): Refusal {
  const { retryAfterMs } = reply;
  return {
    kind: 'refused',
    ...refusalCause(reply.status, text, request),
    message: statusMessage(reply),
    httpStatus: reply.status,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

/** An error may repeat what it complains about. */
function secretsOf(reply: Reply, request: CreatePodRequest): string[] {
  const { envVars = [], jupyterPassword } = request.pod;
  const values = envVars.map((variable) => variable.value);
  return [...reply.secrets, ...values, ...(jupyterPassword === undefined ? [] : [jupyterPassword])];
}
