import type { Clock } from '../../src/clock.ts';
import type { Provider } from '../../src/lifecycle/provider.ts';
import { whoami } from '../../src/prime/account.ts';
import { Secret } from '../../src/prime/api-key.ts';
import type { ApiKeySource } from '../../src/prime/api-key.ts';
import { createAvailability } from '../../src/prime/availability.ts';
import { createPod } from '../../src/prime/create-pod.ts';
import type { Exchanger } from '../../src/prime/exchange.ts';
import { listHistory } from '../../src/prime/history.ts';
import { createHttpClient, DEFAULT_TIMEOUTS } from '../../src/prime/http-client.ts';
import { cacheOffers } from '../../src/prime/offer-cache.ts';
import { listPods } from '../../src/prime/instance-list.ts';
import { createPodStatuses } from '../../src/prime/pod-statuses.ts';
import { deletePod, getPod } from '../../src/prime/pods.ts';
import { createSshKey, deleteSshKey, listSshKeys } from '../../src/prime/ssh-keys.ts';
import type { RateLimiter } from '../../src/prime/rate-limiter.ts';

/** The key of a process. A test may change it at run time. */
export interface Key {
  text: string;
  version: number;
}

/** The real client of the provider, except for the socket. */
export function simulatedProvider(
  exchanger: Exchanger,
  clock: Clock,
  key: Key,
  limiter?: RateLimiter,
): Provider {
  const keys: ApiKeySource = {
    current: () => ({ kind: 'key', key: new Secret(key.text), version: key.version }),
  };
  return providerWithKeys(exchanger, clock, keys, limiter);
}

/** The same for keys from any source, such as the Secret of an account. */
export function providerWithKeys(
  exchanger: Exchanger,
  clock: Clock,
  apiKey: ApiKeySource,
  limiter?: RateLimiter,
): Provider {
  const client = createHttpClient({
    baseUrl: 'https://provider.test/api/v1',
    apiKey,
    clock,
    exchanger,
    timeouts: DEFAULT_TIMEOUTS,
    ...(limiter === undefined ? {} : { limiter }),
  });
  return {
    listOffers: cacheOffers({ listOffers: createAvailability(client), clock }),
    createPod: (request, options) => createPod(client, request, options),
    deletePod: (podId, sendOptions) => deletePod(client, podId, sendOptions),
    getPod: (podId) => getPod(client, podId),
    getPodStatuses: createPodStatuses(client),
    listPods: (wallets, ending) => listPods(client, wallets, ending),
    listHistory: (wanted) => listHistory(client, wanted),
    whoami: () => whoami(client),
    listSshKeys: () => listSshKeys(client),
    createSshKey: (key, sendOptions) => createSshKey(client, key, sendOptions),
    deleteSshKey: (keyId, sendOptions) => deleteSshKey(client, keyId, sendOptions),
  };
}
