import * as z from 'zod';
import type { Account, Answer } from '../lifecycle/provider.ts';
import type { HttpClient } from './http-client.ts';
import { readJson } from './read-json.ts';
import { Word } from './schemas/common.ts';

const Whoami = z.object({ data: z.object({ id: Word }) });

/** The account that the API key belongs to, from `GET /user/whoami`. */
export async function whoami(client: HttpClient): Promise<Answer<Account>> {
  const call = { method: 'GET', path: '/user/whoami', endpoint: '/user/whoami' } as const;
  const answer = await readJson(client, call, Whoami);
  return answer.kind === 'ok' ? { kind: 'ok', value: { userId: answer.value.data.id } } : answer;
}
