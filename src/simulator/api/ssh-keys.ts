import * as z from 'zod';
import type { SshKey } from '../world/ssh-key-store.ts';
import { failure, invalid, isoTime, json } from './answer.ts';
import type { ApiAnswer } from './answer.ts';
import type { ApiContext, Route } from './context.ts';
import { route } from './context.ts';
import { checkBody, checkQuery, offsetPage, offsetQuery } from './validation.ts';

function keyView(key: SshKey): Record<string, unknown> {
  return {
    id: key.id,
    userId: key.userId,
    name: key.name,
    publicKey: key.publicKey,
    isPrimary: key.isPrimary,
    isUserKey: true,
    createdAt: isoTime(key.createdAtMs),
    updatedAt: isoTime(key.updatedAtMs),
  };
}

function list({ world, account, request }: ApiContext): ApiAnswer {
  const query = checkQuery(request, offsetQuery);
  if (!query.ok) {
    return invalid(query.errors);
  }
  return json(offsetPage(world.sshKeys.of(account.userId), query.value, keyView));
}

const newKeySchema = z.object({
  name: z.string(),
  publicKey: z.string().regex(/^(ssh|ecdsa|sk)-\S+ [A-Za-z0-9+/]+={0,2}( [^\r\n]*)?$/),
});

/** Keys are the same if type and data are. */
function contentOf({ publicKey }: { readonly publicKey: string }): string {
  return publicKey.split(' ', 2).join(' ');
}

function create({ world, account, request }: ApiContext): ApiAnswer {
  const body = checkBody(request, newKeySchema);
  if (!body.ok) {
    return invalid(body.errors);
  }
  const held = world.sshKeys.of(account.userId);
  const { sshKeyLimit, sameSshKeyTwice } = world.settings;
  if (sshKeyLimit !== null && held.length >= sshKeyLimit) {
    return failure(400, `Maximum number of SSH keys reached: ${String(sshKeyLimit)}`);
  }
  const isHeld = held.some((key) => contentOf(key) === contentOf(body.value));
  if (isHeld && sameSshKeyTwice === 'Refuse') {
    return failure(400, 'SSH key already exists');
  }
  return json(keyView(world.sshKeys.add(account.userId, body.value.name, body.value.publicKey)));
}

function makePrimary({ world, account, request, id }: ApiContext): ApiAnswer {
  const body = checkBody(request, z.object({ isPrimary: z.literal(true) }));
  if (!body.ok) {
    return invalid(body.errors);
  }
  const key = world.sshKeys.find(account.userId, id);
  if (key === undefined) {
    return failure(404, 'SSH key not found');
  }
  world.sshKeys.makePrimary(key);
  return json({ message: 'SSH key updated', updated_fields: ['isPrimary'] });
}

function remove({ world, account, id }: ApiContext): ApiAnswer {
  const key = world.sshKeys.find(account.userId, id);
  if (key === undefined) {
    return failure(404, 'SSH key not found');
  }
  world.sshKeys.remove(key);
  return json({ message: 'SSH key deleted' });
}

export const sshKeyRoutes: readonly Route[] = [
  route('GET', '/ssh_keys/', 'ssh_keys', list),
  route('POST', '/ssh_keys/', 'ssh_keys', create),
  route('PATCH', '/ssh_keys/{id}', 'ssh_keys', makePrimary),
  route('DELETE', '/ssh_keys/{id}', 'ssh_keys', remove),
];
