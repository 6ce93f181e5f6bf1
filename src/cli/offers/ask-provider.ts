import type { GpuPod } from '../../api/gpupod/gpu-pod.ts';
import { mergeOfferAnswers } from '../../lifecycle/choose-offer.ts';
import type { ObservedOffers } from '../../lifecycle/observation.ts';
import type { Failure } from '../../lifecycle/provider.ts';
import { readProxies } from '../../network/proxies.ts';
import { offerQueries } from '../../offers/offer-source.ts';
import type { ApiKeySource } from '../../prime/api-key.ts';
import { checkBaseUrl } from '../../prime/base-url.ts';
import { createPrimeProvider } from '../../prime/prime-provider.ts';
import { createRateLimiter } from '../../prime/rate-limiter.ts';
import { CliError } from '../cli-error.ts';
import type { CliParts } from '../parts.ts';

const DEFAULT_BASE_URL = 'https://api.primeintellect.ai';

/** Reads the offers that the GpuPod may match, with the same requests as the operator. */
export async function askProvider(
  { env, clock }: CliParts,
  apiKey: ApiKeySource,
  { spec }: GpuPod,
): Promise<Exclude<ObservedOffers, Failure>> {
  const base = checkBaseUrl(env['PRIME_API_BASE_URL'] ?? env['PRIME_BASE_URL'] ?? DEFAULT_BASE_URL);
  if (base.kind === 'invalid') {
    throw new CliError(`PRIME_API_BASE_URL: ${base.message}`);
  }
  const proxyUrl = readProxies(env).forProvider(base.url);
  const limiter = createRateLimiter({ clock });
  const provider = createPrimeProvider({ baseUrl: base.url, apiKey, clock, limiter, proxyUrl });
  try {
    const queries = offerQueries(spec);
    const offers = mergeOfferAnswers(
      await Promise.all(queries.map(async (query) => await provider.listOffers(query))),
    );
    if (offers.kind === 'failure') {
      throw offersProblem(offers);
    }
    return offers;
  } finally {
    provider.close();
  }
}

const ADVICE: Readonly<Partial<Record<Failure['reason'], string>>> = {
  Unauthorized: 'Use a key with the permission Availability: read.',
  InvalidRequest: 'Correct spec.gpu or spec.placement.',
  RateLimited: 'Try again in a minute.',
  ApiUnavailable: 'Check that this computer reaches the provider, and try again.',
};

/** Why the offers are unknown, and what to do. */
export function offersProblem({ reason, message }: Failure): CliError {
  return new CliError(`The offers are unknown (${reason}): ${message} ${ADVICE[reason] ?? 'Try again.'}`);
}
