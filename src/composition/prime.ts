import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { fileApiKey, literalApiKey } from '../prime/api-key.ts';
import type { ApiKeySource } from '../prime/api-key.ts';
import type { ObservedRequest } from '../prime/http-client.ts';
import { createPrimeProvider } from '../prime/prime-provider.ts';
import type { PrimeProvider } from '../prime/prime-provider.ts';
import { createRateLimiter } from '../prime/rate-limiter.ts';
import type { RateLimiter } from '../prime/rate-limiter.ts';

export interface Prime {
  readonly keys: ApiKeySource;
  readonly limiter: RateLimiter;
  readonly provider: PrimeProvider;
}

/** Everything that speaks to Prime Intellect. Nothing is sent yet. */
export function connectPrime(
  config: Config,
  clock: Clock,
  observe?: (request: ObservedRequest) => void,
): Prime {
  const { baseUrl, key, maxRequestsPerSecond, timeouts, offerCacheMs } = config.prime;
  const keys = key.kind === 'file' ? fileApiKey(key.path, clock) : literalApiKey(key.key.reveal());
  const limiter = createRateLimiter({ clock, maxRequestsPerSecond });
  const provider = createPrimeProvider({
    baseUrl,
    apiKey: keys,
    clock,
    limiter,
    timeouts,
    offerTtlMs: offerCacheMs,
    ...(observe === undefined ? {} : { observe }),
  });
  return { keys, limiter, provider };
}
