import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { fileApiKey, literalApiKey } from '../prime/api-key.ts';
import type { ApiKeySource } from '../prime/api-key.ts';
import type { Provider } from '../lifecycle/provider.ts';
import type { Metrics } from '../observability/metrics.ts';
import { createPrimeProvider } from '../prime/prime-provider.ts';
import type { PrimeProvider } from '../prime/prime-provider.ts';
import { createRateLimiter } from '../prime/rate-limiter.ts';
import type { RateLimiter } from '../prime/rate-limiter.ts';
import { sampleOffers } from './samples.ts';

export interface Prime {
  readonly keys: ApiKeySource;
  readonly limiter: RateLimiter;
  readonly provider: PrimeProvider;
}

/** Builds everything that speaks to Prime Intellect. It sends nothing. */
export function connectPrime(config: Config, clock: Clock, metrics: Metrics): Prime {
  const { baseUrl, key, maxRequestsPerSecond, timeouts, offerCacheMs } = config.prime;
  const keys = key.kind === 'file' ? fileApiKey(key.path, clock) : literalApiKey(key.key.reveal());
  const limiter = createRateLimiter({ clock, maxRequestsPerSecond, onTurn: metrics.onLimiterTurn });
  const provider = createPrimeProvider({
    baseUrl,
    apiKey: keys,
    clock,
    limiter,
    timeouts,
    proxyUrl: config.proxies?.forProvider(baseUrl),
    offerTtlMs: offerCacheMs,
    observe: metrics.onProviderRequest,
  });
  return { keys, limiter, provider: withOfferMetrics(provider, metrics) };
}

/** The provider, with metrics for every accepted answer about offers. */
function withOfferMetrics(provider: PrimeProvider, metrics: Metrics): PrimeProvider {
  const listOffers: Provider['listOffers'] = async (query) => {
    const answer = await provider.listOffers(query);
    if (answer.kind === 'ok') {
      const { offers, skippedRows } = answer.value;
      metrics.onOffers(query.gpuType, sampleOffers(offers), skippedRows);
    }
    return answer;
  };
  return { ...provider, listOffers };
}
