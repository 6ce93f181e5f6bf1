import type { CreateOptions, CreateOutcome, Refusal } from '../lifecycle/provider.ts';
import type { InstanceRequest } from '../lifecycle/instance-request.ts';
import { createBody } from './create-body.ts';
import { cleanText, jsonErrorText } from './error-text.ts';
import { ACCOUNT_STATUSES, statusMessage } from './failure.ts';
import type { HttpClient } from './http-client.ts';
import { parseJson } from './parse-json.ts';
import type { Reply } from './reply.ts';
import { snapshotFromPod } from './instance-snapshot.ts';
import { proveRefusal } from './refusal-proof.ts';
import { refusalCause } from './refusals.ts';
import { ListedPod, PodShape } from './schemas/pod.ts';

/** The provider reads a cap of 0 as "no cap", and no offer costs less than this. */
const MIN_MAX_PRICE = 0.01;
/** 4xx statuses that do not say whether the provider carried out the request. */
const UNDECIDED_STATUSES = new Set([408, 409, 425]);

/**
 * Sends the create request once and returns what is known afterwards (docs/explanation/provider-api.md).
 *
 * Calls `options.mayStillSend` when TCP and TLS are established, before the first byte of the request. A
 * failure before that point is `notSent`. After it, everything but a clear answer is `unknown`.
 */
export async function createPod(
  client: HttpClient,
  request: InstanceRequest,
  options: CreateOptions,
): Promise<CreateOutcome> {
  const body = createBody(request);
  const { maxPrice } = body.pod;
  if (!Number.isFinite(maxPrice) || maxPrice < MIN_MAX_PRICE) {
    return {
      kind: 'notSent',
      reason: 'Withheld',
      message: 'The create request has no price cap, so the operator does not send it.',
    };
  }
  const reply = await client.create({
    path: '/pods/',
    endpoint: '/pods/',
    body: JSON.stringify(body),
    maySend: options.mayStillSend,
    turnTaken: options.turnTaken ?? false,
  });
  if (reply.kind !== 'reply') {
    return reply;
  }
  const outcome = outcomeOf({ ...reply, secrets: secretsOf(reply, request) }, request);
  return outcome.kind === 'refused' ? await proveRefusal(client, outcome, request.teamId) : outcome;
}

function outcomeOf(reply: Reply, request: InstanceRequest): CreateOutcome {
  if (reply.status >= 200 && reply.status <= 299) {
    return created(reply);
  }
  const body = parseJson(reply.text);
  if (isInstance(body, request)) {
    return unknown(reply, `the provider answered ${String(reply.status)} with an instance`);
  }
  const text = jsonErrorText(body);
  const isDecided = reply.status >= 400 && reply.status <= 499 && !UNDECIDED_STATUSES.has(reply.status);
  if (isDecided && (text !== undefined || ACCOUNT_STATUSES.has(reply.status))) {
    return refused(reply, text ?? '', request);
  }
  return { kind: 'unknown', message: statusMessage(reply) };
}

/** The ID alone identifies the instance. The provider cuts, changes or omits names. */
function created(reply: Reply): CreateOutcome {
  const parsed = ListedPod.safeParse(parseJson(reply.text));
  return parsed.success
    ? { kind: 'created', instance: snapshotFromPod(parsed.data) }
    : unknown(reply, 'the provider answered without a readable id');
}

/** An error may carry an ID too, but neither the state of an instance nor the name of the request. */
function isInstance(body: unknown, request: InstanceRequest): boolean {
  const parsed = PodShape.safeParse(body);
  if (!parsed.success) {
    return false;
  }
  const { name, status, providerType } = parsed.data;
  const isNamedSo = name?.toLowerCase() === request.name.toLowerCase();
  return isNamedSo || (status !== undefined && providerType !== undefined);
}

function unknown(reply: Reply, problem: string): CreateOutcome {
  return { kind: 'unknown', message: cleanText(`${reply.label}: ${problem}.`, reply.secrets) };
}

function refused(reply: Reply, text: string, request: InstanceRequest): Refusal {
  const { retryAfterMs } = reply;
  return {
    kind: 'refused',
    ...refusalCause(reply.status, text, request),
    message: statusMessage(reply),
    httpStatus: reply.status,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

/** An error may repeat values of the request. */
function secretsOf(reply: Reply, request: InstanceRequest): string[] {
  const { envVars = [], jupyterPassword } = request.secrets ?? {};
  const values = envVars.map((variable) => variable.value);
  return [...reply.secrets, ...values, ...(jupyterPassword === undefined ? [] : [jupyterPassword])];
}
