import type { Clock } from '../clock.ts';
import type { Provider } from '../lifecycle/provider.ts';
import { whoami } from './account.ts';
import type { ApiKeySource } from './api-key.ts';
import { createAvailability } from './availability.ts';
import { checkBaseUrl } from './base-url.ts';
import { createPod } from './create-pod.ts';
import { createExchanger } from './exchange.ts';
import { listHistory } from './history.ts';
import { createHttpClient, DEFAULT_TIMEOUTS } from './http-client.ts';
import type { ObservedRequest, PrimeTimeouts } from './http-client.ts';
import { cacheOffers } from './offer-cache.ts';
import { listPods } from './instance-list.ts';
import { createPodStatuses } from './pod-statuses.ts';
import { deletePod, getPod } from './pods.ts';
import type { RateLimiter } from './rate-limiter.ts';
import { createSshKey, deleteSshKey, listSshKeys } from './ssh-keys.ts';

export interface PrimeProviderOptions {
  /** With or without `/api/v1`. The configuration decides whether http is allowed. */
  readonly baseUrl: string;
  readonly apiKey: ApiKeySource;
  readonly clock: Clock;
  readonly limiter?: RateLimiter;
  readonly timeouts?: Partial<PrimeTimeouts>;
  /** How long answers of the availability API are shared. @default 5_000 */
  readonly offerTtlMs?: number;
  /** The URL of a proxy for an https base URL, with its credentials. @default none */
  readonly proxyUrl?: string | undefined;
  /** Called after each request. */
  readonly observe?: (event: ObservedRequest) => void;
}

/** The provider over HTTP. `close` closes its connections, and requests in flight fail. */
export interface PrimeProvider extends Provider {
  close(): void;
}

/** Prime Intellect as a {@link Provider}. @throws {TypeError} if `baseUrl` is not a URL. */
export function createPrimeProvider(options: PrimeProviderOptions): PrimeProvider {
  const { clock, offerTtlMs } = options;
  const base = checkBaseUrl(options.baseUrl, { allowHttp: true });
  if (base.kind === 'invalid') {
    throw new TypeError(base.message);
  }
  const timeouts = { ...DEFAULT_TIMEOUTS, ...options.timeouts };
  const exchanger = createExchanger({ proxyUrl: options.proxyUrl, tunnelTimeoutMs: timeouts.connectMs });
  const client = createHttpClient({ ...options, baseUrl: base.url, exchanger, timeouts });
  const listOffers = createAvailability(client);
  const closing = new AbortController();

  return {
    listOffers: cacheOffers({
      listOffers,
      clock,
      signal: closing.signal,
      ...(offerTtlMs === undefined ? {} : { ttlMs: offerTtlMs }),
    }),
    createPod: (request, createOptions) => createPod(client, request, createOptions),
    deletePod: (podId, sendOptions) => deletePod(client, podId, sendOptions),
    getPod: (podId) => getPod(client, podId),
    getPodStatuses: createPodStatuses(client),
    listPods: (wallets, terminating) => listPods(client, wallets, terminating),
    listHistory: (wanted) => listHistory(client, wanted),
    whoami: () => whoami(client),
    listSshKeys: () => listSshKeys(client),
    createSshKey: (key, sendOptions) => createSshKey(client, key, sendOptions),
    deleteSshKey: (keyId, sendOptions) => deleteSshKey(client, keyId, sendOptions),
    close: () => {
      closing.abort();
      exchanger.close();
    },
  };
}
