import type { z } from 'zod';
import type { Answer } from '../lifecycle/provider.ts';
import { parseJson } from './error-text.ts';
import { statusFailure, unexpected } from './failure.ts';
import type { HttpClient, ReadCall, Reply } from './http-client.ts';

/** Asks, and checks the answer against what is promised. */
export async function readJson<T>(
  client: HttpClient,
  call: ReadCall,
  schema: z.ZodType<T>,
): Promise<Answer<T>> {
  const reply = await client.read(call);
  return reply.kind === 'failure' ? reply : parseReply(reply, schema);
}

/** A 2xx answer that fits the schema, or the failure that it is instead. */
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
