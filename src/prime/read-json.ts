import type * as z from 'zod';
import type { Answer, NotFound } from '../lifecycle/provider.ts';
import { jsonErrorText } from './error-text.ts';
import { statusFailure, statusMessage, unexpected } from './failure.ts';
import type { HttpClient, ReadCall } from './http-client.ts';
import { parseJson } from './parse-json.ts';
import type { Reply } from './reply.ts';

/** Sends the call and checks the answer against the schema. */
export async function readJson<T>(
  client: HttpClient,
  call: ReadCall,
  schema: z.ZodType<T>,
): Promise<Answer<T>> {
  const reply = await client.read(call);
  return reply.kind === 'failure' ? reply : parseReply(reply, schema);
}

/** Like {@link readJson}, but tells a 404 of the API itself from a failure. */
export async function readJsonIfFound<T>(
  client: HttpClient,
  call: ReadCall,
  schema: z.ZodType<T>,
): Promise<Answer<T> | NotFound> {
  const reply = await client.read(call);
  if (reply.kind === 'failure') {
    return reply;
  }
  return isNotFound(reply) ? { kind: 'notFound', message: statusMessage(reply) } : parseReply(reply, schema);
}

/** True for a 404 of the API. The 404 page of a proxy is an error and proves no absence. */
export function isNotFound(reply: Reply): boolean {
  return reply.status === 404 && jsonErrorText(parseJson(reply.text)) !== undefined;
}

/** The value of a 2xx answer that fits the schema, else a failure. */
export function parseReply<T>(reply: Reply, schema: z.ZodType<T>): Answer<T> {
  if (reply.status < 200 || reply.status > 299) {
    return statusFailure(reply);
  }
  const body = parseJson(reply.text);
  if (body === undefined) {
    return unexpected(reply, 'the answer is not JSON');
  }
  const parsed = schema.safeParse(body);
  if (parsed.success) {
    return { kind: 'ok', value: parsed.data };
  }
  const place = parsed.error.issues[0]?.path.map(String).join('.') ?? '';
  return unexpected(reply, `the answer has an unexpected shape${place === '' ? '' : ` at ${place}`}`);
}
