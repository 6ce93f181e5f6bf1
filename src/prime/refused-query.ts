import type { Failure } from '../lifecycle/provider.ts';
import type { OfferQuery } from '../offers/offer-source.ts';
import { failure } from './failure.ts';
import type { HttpClient } from './http-client.ts';
import { readJsonIfFound } from './read-json.ts';
import { GpuSummary } from './schemas/offer.ts';

const UNPROCESSABLE = 422;
const PATH = '/availability/gpu-summary';
const MAX_SUGGESTIONS = 5;

/** The provider validates GPU types and regions, and refuses a query with an unknown one. */
export function isRefusedQuery({ httpStatus }: Failure): boolean {
  return httpStatus === UNPROCESSABLE;
}

/** Explains what is wrong with the query and suggests GPU types. Sends one more request. */
export async function explainRefusedQuery(
  client: HttpClient,
  query: OfferQuery,
  refusal: Failure,
): Promise<Failure> {
  if (!refusal.message.includes('gpu_type')) {
    return { ...refusal, reason: 'InvalidRequest' };
  }
  const summary = await readJsonIfFound(client, { method: 'GET', path: PATH, endpoint: PATH }, GpuSummary);
  const alike = summary.kind === 'ok' ? similar(query.gpuType, Object.keys(summary.value)) : [];
  const suggestion = alike.length === 0 ? '' : `; it has ${alike.join(', ')}`;
  return failure('InvalidRequest', `GPU type ${query.gpuType} is not known to the provider${suggestion}.`);
}

function similar(word: string, known: readonly string[]): readonly string[] {
  const plain = (text: string): string => text.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
  const wanted = plain(word);
  return known
    .filter((type) => plain(type).includes(wanted) || wanted.includes(plain(type)))
    .toSorted()
    .slice(0, MAX_SUGGESTIONS);
}
