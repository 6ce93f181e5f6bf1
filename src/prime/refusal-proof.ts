import type { Refusal, RefusalReason } from '../lifecycle/provider.ts';
import type { HttpClient } from './http-client.ts';

/** Said of a key or a team, these may be meant of a template, a disk or a scope that one GpuPod asks for. */
const TO_PROVE: ReadonlySet<RefusalReason> = new Set(['Unauthorized', 'Forbidden', 'InvalidRequest']);
/** A plain read that ends so fails for the same cause. A team that does not exist is no wallet to read of. */
const OF_KEY: ReadonlySet<number> = new Set([401, 403]);
const OF_TEAM: ReadonlySet<number> = new Set([401, 403, 404, 422]);

/**
 * Asks for the first row of the list of instances, with the same key and team, before a refusal is taken to concern
 * more than its request. A read that works, or cannot be made, proves nothing against the account.
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
