import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { OWN_ACCOUNT } from '../accounts/sums/stated.ts';
import type { AccountConnection, ConnectAccount } from '../accounts/connection.ts';
import { fileApiKey, heldApiKey, literalApiKey } from '../prime/api-key.ts';
import type { ApiKeySource, HeldApiKey } from '../prime/api-key.ts';
import type { Provider } from '../lifecycle/provider.ts';
import type { Metrics } from '../observability/metrics.ts';
import { createPrimeProvider } from '../prime/prime-provider.ts';
import type { PrimeProvider } from '../prime/prime-provider.ts';
import { createRateLimiter } from '../prime/rate-limiter.ts';
import type { RateLimiter } from '../prime/rate-limiter.ts';
import type { ClusterParts } from './cluster.ts';
import { sampleOffers } from './samples.ts';

export interface Prime {
  readonly keys: ApiKeySource;
  readonly limiter: RateLimiter;
  readonly provider: PrimeProvider;
}

/** Builds everything that speaks to Prime Intellect. It sends nothing. */
export function connectPrime(config: Config, clock: Clock, metrics: Metrics): Prime {
  const { key } = config.prime;
  const keys = key.kind === 'file' ? fileApiKey(key.path, clock) : literalApiKey(key.key.reveal());
  return { keys, ...connectWith(OWN_ACCOUNT, keys, { config, clock, metrics }) };
}

/** Connects accounts of the cluster: each with its own key, rate limit and offers. */
export function accountConnector(config: Config, clock: Clock, metrics: Metrics): ConnectAccount {
  return (name) => {
    const keys = heldApiKey('The API key of the account has not been read yet.');
    const { limiter, provider } = connectWith(name, keys, { config, clock, metrics });
    return {
      provider,
      bookCreateTurn: () => limiter.bookCreate(),
      ...keyOfAccount(keys),
      close: () => {
        provider.close();
      },
    };
  };
}

function connectWith(
  account: string,
  apiKey: ApiKeySource,
  { config, clock, metrics }: Pick<ClusterParts, 'config' | 'clock' | 'metrics'>,
): Omit<Prime, 'keys'> {
  const { baseUrl, maxRequestsPerSecond, timeouts, offerCacheMs } = config.prime;
  const limiter = createRateLimiter({ clock, maxRequestsPerSecond, onTurn: metrics.onLimiterTurn });
  const provider = createPrimeProvider({
    baseUrl,
    apiKey,
    clock,
    limiter,
    timeouts,
    proxyUrl: config.proxies?.forProvider(baseUrl),
    offerTtlMs: offerCacheMs,
    observe: (request) => {
      metrics.onProviderRequest(account, request);
    },
  });
  return { limiter, provider: withOfferMetrics(provider, metrics) };
}

/** The part of a connection that concerns its key. */
export function keyOfAccount(
  keys: HeldApiKey,
): Pick<AccountConnection, 'keyVersion' | 'keyFingerprint' | 'useKey'> {
  return {
    keyVersion: () => keys.current().version,
    keyFingerprint: (hmacKey) => {
      const state = keys.current();
      return state.kind === 'key' ? state.key.fingerprint(hmacKey) : undefined;
    },
    useKey: (found, subject) =>
      found.kind === 'text' ? keys.use(found.text, subject) : keys.lose(found.message),
  };
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
