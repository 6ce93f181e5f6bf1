import * as z from 'zod';
import { isRecord } from '../json.ts';
import type { Answer, DeleteOutcome, Failure, SendOptions } from '../lifecycle/provider.ts';
import type { KeyRefusal, NewKey, RegisteredKey, RegisterOutcome } from '../lifecycle/ssh-key/ssh-key-api.ts';
import { deleteOutcome } from './delete-outcome.ts';
import { cleanText, jsonErrorText } from './error-text.ts';
import { ACCOUNT_STATUSES, failure, statusMessage } from './failure.ts';
import type { HttpClient } from './http-client.ts';
import { parseJson } from './parse-json.ts';
import { readJson } from './read-json.ts';
import type { Reply } from './reply.ts';
import { AnyName, BooleanLike, Id, OffsetPage } from './schemas/common.ts';

const PATH = '/ssh_keys/';
const PAGE_SIZE = 100;
/** 10,000 keys. No account needs more, and no server may keep this process busy with further pages. */
const MAX_PAGES = 100;
/** Rows may move between two pages while somebody adds or removes keys. */
const MAX_TRIES = 3;
/** In the path of a DELETE and in the status. Rows with other IDs are none of ours. */
const KEY_ID = /^[A-Za-z0-9_.:-]{1,128}$/;

const KeyRow = z.object({
  id: Id.pipe(
    z
      .string()
      .regex(KEY_ID)
      .refine((id) => !/^\.+$/.test(id)),
  ),
  name: AnyName.catch('?'),
  /** A row without a readable key still has a name, and may be the primary key. */
  publicKey: z.string().max(32_768).catch(''),
  isPrimary: BooleanLike.catch(undefined),
});

/**
 * All keys of the account. Rows that cannot be read are left out: they are no keys that this operator registered. If
 * the provider counts more rows than it lists, the list is a failure: a key that is there must not be added again.
 */
export async function listSshKeys(client: HttpClient): Promise<Answer<readonly RegisteredKey[]>> {
  let answer: Answer<readonly RegisteredKey[]> = failure('UnexpectedResponse', 'unread');
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    answer = await collect(client);
    if (answer.kind === 'ok' || answer.isUnstable !== true) {
      return answer;
    }
  }
  return answer;
}

async function collect(client: HttpClient): Promise<Answer<readonly RegisteredKey[]>> {
  const keys = new Map<string, RegisteredKey>();
  const seen = new Set<string>();
  let offset = 0;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const answer = await readPage(client, offset);
    if (answer.kind === 'failure') {
      return answer;
    }
    const { data, total_count: total = 0 } = answer.value;
    const known = seen.size;
    for (const row of data) {
      seen.add(JSON.stringify(row));
      addRow(keys, row);
    }
    offset += data.length;
    // A full page is never the last one, unless it repeats what was read.
    if (seen.size === known || (data.length < PAGE_SIZE && offset >= total)) {
      return seen.size >= total ? { kind: 'ok', value: [...keys.values()] } : unstable();
    }
  }
  return failure('UnexpectedResponse', `GET ${PATH}: the list has no end, so the operator ignores it.`);
}

function unstable(): Failure {
  const message = `GET ${PATH}: the provider counts more SSH keys than it lists, so the operator ignores the list.`;
  return { ...failure('UnexpectedResponse', message), isUnstable: true };
}

async function readPage(client: HttpClient, offset: number): Promise<Answer<OffsetPage>> {
  const query: [string, string][] = [
    ['offset', String(offset)],
    ['limit', String(PAGE_SIZE)],
  ];
  return await readJson(client, { method: 'GET', path: PATH, endpoint: PATH, query }, OffsetPage);
}

function addRow(keys: Map<string, RegisteredKey>, row: unknown): void {
  const key = readKey(row);
  if (key !== undefined) {
    keys.set(key.keyId, key);
  }
}

function readKey(row: unknown): RegisteredKey | undefined {
  const parsed = KeyRow.safeParse(row);
  if (!parsed.success) {
    return undefined;
  }
  const { id, name, publicKey, isPrimary } = parsed.data;
  return {
    keyId: id,
    name,
    content: contentOf(publicKey),
    ...(isPrimary === undefined ? {} : { isPrimary }),
  };
}

/** The provider compares keys by their first two words. */
function contentOf(publicKey: string): string {
  return publicKey.trim().split(/\s+/, 2).join(' ');
}

/** Registers a key with one request, which is never repeated here. */
export async function createSshKey(
  client: HttpClient,
  key: NewKey,
  { mayStillSend }: SendOptions,
): Promise<RegisterOutcome> {
  const reply = await client.create({
    path: PATH,
    endpoint: PATH,
    body: JSON.stringify({ name: key.name, publicKey: key.publicKey }),
    maySend: mayStillSend,
    turnTaken: false,
  });
  if (reply.kind === 'notSent') {
    return reply.reason === 'Withheld'
      ? { ...reply, reason: 'ApiUnavailable' }
      : { ...reply, reason: reply.reason };
  }
  return reply.kind === 'unknown' ? reply : outcomeOf(reply, key);
}

function outcomeOf(reply: Reply, key: NewKey): RegisterOutcome {
  const body = parseJson(reply.text);
  if (reply.status >= 200 && reply.status <= 299) {
    return createdOf(reply, body, key);
  }
  const text = jsonErrorText(body);
  const message = statusMessage(reply);
  return isDecided(reply.status, text)
    ? { kind: 'refused', reason: refusalOf(reply.status, text ?? ''), message }
    : { kind: 'unknown', message };
}

function createdOf(reply: Reply, body: unknown, key: NewKey): RegisterOutcome {
  const created = readKey(body);
  if (created?.content === contentOf(key.publicKey)) {
    return { kind: 'created', key: created };
  }
  const message = cleanText(
    `${reply.label}: the provider answered without the registered key.`,
    reply.secrets,
  );
  return {
    kind: 'unknown',
    message,
    // A page of a proxy says nothing about what the provider did.
    ...(isRecord(body) ? { wasTaken: true } : {}),
    ...(created?.name === key.name ? { alteredId: created.keyId } : {}),
  };
}

function isDecided(status: number, text: string | undefined): boolean {
  const isRefusal = status >= 400 && status <= 499 && !UNDECIDED_STATUSES.has(status);
  return isRefusal && (text !== undefined || ACCOUNT_STATUSES.has(status));
}

/** As for instances: these do not say whether the provider carried out the request. 409 may mean a duplicate. */
const UNDECIDED_STATUSES = new Set([408, 409, 425]);

function refusalOf(status: number, text: string): KeyRefusal {
  if (status === 401 || status === 403) {
    return 'Unauthorized';
  }
  if (status === 429) {
    return 'RateLimited';
  }
  return status === 402 || /quotas?\b|\blimits?\b|\bmaximum\b|\btoo many\b/i.test(text)
    ? 'QuotaExceeded'
    : 'InvalidSshKey';
}

export async function deleteSshKey(
  client: HttpClient,
  keyId: string,
  { mayStillSend }: SendOptions,
): Promise<DeleteOutcome> {
  if (!KEY_ID.test(keyId) || /^\.+$/.test(keyId)) {
    return failure('UnexpectedResponse', 'This is not the ID of an SSH key, so the operator sent nothing.');
  }
  return deleteOutcome(
    await client.read({
      method: 'DELETE',
      path: `${PATH}${encodeURIComponent(keyId)}`,
      endpoint: '/ssh_keys/{id}',
      maySend: mayStillSend,
    }),
  );
}
