import type { Refusal, RefusalReason } from '../lifecycle/provider.ts';
import type { HttpClient } from './http-client.ts';

/**
 * The texts of these refusals name a key or a team, but may mean a template, a disk or a scope of one
 * GpuPod.
 */
const TO_PROVE: ReadonlySet<RefusalReason> = new Set(['Unauthorized', 'Forbidden', 'InvalidRequest']);
/**
 * If a plain read fails with one of these, it fails for the same cause. A team that does not exist has no
 * list either.
 */
const OF_KEY: ReadonlySet<number> = new Set([401, 403]);
const OF_TEAM: ReadonlySet<number> = new Set([401, 403, 404, 422]);

/**
 * Reads the first row of the instance list with the same key and team, before a refusal counts against more
 * than its own request. A read that works, or that cannot be made, proves nothing against the account.
 */
export async function proveRefusal(
  client: HttpClient,
  refusal: Refusal,
  teamId: string | undefined,
): Promise<Refusal> {
  if (!isToBeProven(refusal)) {
    return refusal;
  }
  const reply = await client.read({
    method: 'GET',
    path: '/pods/',
    endpoint: '/pods/',
    query: [['offset', '0'], ['limit', '1'], ...(teamId === undefined ? [] : [['teamId', teamId] as const])],
  });
  const proving = teamId === undefined ? OF_KEY : OF_TEAM;
  if (reply.kind === 'reply' && proving.has(reply.status)) {
    return { ...refusal, reason: 'Unauthorized', isProven: true };
  }
  const isForbidden = refusal.reason === 'Unauthorized' && refusal.httpStatus === 403;
  return { ...refusal, scope: 'request', ...(isForbidden ? { reason: 'Forbidden' } : {}) };
}

function isToBeProven({ reason, scope, isProven }: Refusal): boolean {
  const isOfAccount = scope === 'team' || scope === 'key';
  return !isProven && isOfAccount && TO_PROVE.has(reason);
}
