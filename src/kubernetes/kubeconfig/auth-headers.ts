import { readFile } from 'node:fs/promises';
import type { RequestOptions } from 'node:https';
import { KubeConfig } from '@kubernetes/client-node';
import { recordAt, stringAt } from '../../json.ts';
import { ApiError } from '../client/api-errors.ts';
import type { ExecCredential } from './exec-credential.ts';
import type { UserEntry } from './kube-config-entries.ts';

/** Headers by name. A list is sent as one header each. */
export interface AuthHeaders {
  readonly [name: string]: string | string[];
  readonly Authorization?: string;
}

/** A file that should contain a token is empty. */
class TokenFileError extends ApiError {
  override name = 'TokenFileError';
}

/**
 * The headers that say who asks, and as whom.
 *
 * @throws if a token file cannot be read, or an auth provider has no credential
 */
export async function authHeaders(user: UserEntry | null, credential: ExecCredential): Promise<AuthHeaders> {
  if (user === null) return {};
  return {
    ...(await authorization(user, credential)),
    ...impersonation(user),
  };
}

/** kubectl's precedence: a token, then a name and a password, then a plug-in. */
async function authorization(user: UserEntry, credential: ExecCredential): Promise<AuthHeaders> {
  const token = await tokenOf(user);
  if (token !== undefined) return bearer(token);
  if ((user.username ?? user.password) !== undefined) {
    const pair = Buffer.from(`${user.username ?? ''}:${user.password ?? ''}`).toString('base64');
    return { Authorization: `Basic ${pair}` };
  }
  if (credential.token !== undefined) return bearer(credential.token);
  return user.authProvider === undefined ? {} : await providerHeaders(user);
}

/**
 * A token file counts before a token, because it may be newer; if it cannot be read, the token is used. This reads the
 * file at each call: client-node caches its copy for 60 s even if the server refuses it, and with a revoked token a
 * leader would lose its Lease before it reads the new one.
 */
async function tokenOf({ token, tokenFile, authProvider }: UserEntry): Promise<string | undefined> {
  const file = tokenFile ?? stringAt(recordAt(authProvider, 'config'), 'tokenFile');
  if (file === undefined) return token;
  try {
    const text = (await readFile(file, 'utf8')).trim();
    if (text === '') throw new TokenFileError(`read empty token from file "${file}"`);
    return text;
  } catch (error) {
    if (token === undefined) throw error;
    return token;
  }
}

/** client-node implements auth providers. It gets nothing but the provider. */
async function providerHeaders({ name, authProvider }: UserEntry): Promise<AuthHeaders> {
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromClusterAndUser(
    { name, server: 'https://unused.invalid', skipTLSVerify: false },
    { name, authProvider: authProvider as unknown },
  );
  const options: RequestOptions = {};
  await kubeConfig.applyToHTTPSOptions(options);
  const header = stringAt(options.headers, 'Authorization');
  return header === undefined ? {} : { Authorization: header.trim() };
}

function impersonation(user: UserEntry): AuthHeaders {
  const { impersonateUser, impersonateUid, impersonateGroups = [], impersonateExtra = {} } = user;
  if (impersonateUser === undefined) return {};
  const extra = Object.entries(impersonateExtra).map(
    ([key, values]) => [`Impersonate-Extra-${escapeKey(key)}`, values.map(utf8Header)] as const,
  );
  return {
    'Impersonate-User': utf8Header(impersonateUser),
    ...(impersonateUid === undefined ? {} : { 'Impersonate-Uid': utf8Header(impersonateUid) }),
    ...(impersonateGroups.length === 0 ? {} : { 'Impersonate-Group': impersonateGroups.map(utf8Header) }),
    ...Object.fromEntries(extra.filter(([, values]) => values.length > 0)),
  };
}

/** Escapes what a header's name cannot contain, as client-go does: `example.com/team` → `example.com%2fteam`. */
function escapeKey(key: string): string {
  return [...Buffer.from(key)]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      return /[A-Za-z0-9!#$&'*+.^_`|~-]/.test(character)
        ? character
        : `%${byte.toString(16).padStart(2, '0')}`;
    })
    .join('');
}

/** Node writes one byte a character. The API server expects UTF-8. */
function utf8Header(text: string): string {
  return Buffer.from(text).toString('latin1');
}

function bearer(token: string): AuthHeaders {
  return { Authorization: `Bearer ${token.trim()}` };
}
