import type { Exchange, Exchanger, ExchangeRequest } from '../../src/prime/exchange.ts';
import { bodyText } from '../../src/simulator/api/answer.ts';
import type { ApiRequest } from '../../src/simulator/api/answer.ts';
import type { Delivery, SimulatedApi } from '../../src/simulator/api/simulated-api.ts';
import { whoEnds } from './acting.ts';
import type { Boundary } from './boundary.ts';
import { podIdIn } from './guards/guard.ts';
import type { Arrival } from './guards/guard.ts';
import type { VirtualTime } from './virtual-time.ts';

interface ExchangerParts {
  readonly api: SimulatedApi;
  readonly time: VirtualTime;
  readonly boundary: Boundary;
  readonly onFault: (kind: string) => void;
  /** Called when a request has arrived, before it is handled. */
  readonly onArrival: (arrival: Arrival) => void;
}

/**
 * The provider's API in the same process, without HTTP. The requests of the real client reach the simulated
 * API as values, and its faults change the answers.
 */
export function simulatedExchanger({ api, time, boundary, onFault, onArrival }: ExchangerParts): Exchanger {
  const pass = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      time.schedule(ms, resolve);
    });

  /** A request that arrived is handled even if the caller no longer waits for it. */
  async function serve(request: ApiRequest): Promise<Delivery> {
    const before = firedOf(api);
    const reception = api.receive(request);
    const { logged } = reception;
    onArrival({
      request: logged,
      actor: logged.method === 'DELETE' ? whoEnds(podIdIn(logged)) : undefined,
    });
    if (firedOf(api) > before) onFault('provider');
    if (reception.waitMs > 0) await pass(reception.waitMs);
    const delivery = reception.proceed();
    if (delivery.waitMs > 0) await pass(delivery.waitMs);
    return delivery;
  }

  async function exchangeInTime(request: ExchangeRequest): Promise<Exchange> {
    const late = Promise.withResolvers<Exchange>();
    const cancel = time.schedule(request.totalTimeoutMs, () => {
      late.resolve({ kind: 'broken', sent: true, stale: false, code: 'ETIMEDOUT' });
    });
    const inTime = serve(toApiRequest(request)).then(toExchange);
    const first = await Promise.race([inTime, late.promise]);
    cancel();
    return first;
  }

  return {
    async exchange(request) {
      const label = `${request.method} ${labelOf(request.url)}`;
      const call = { to: 'provider', label } as const;
      try {
        const exchange = await boundary.cross(call, () => exchangeInTime(request), request.maySend);
        return exchange === 'withheld' ? { kind: 'withheld' } : exchange;
      } catch {
        return { kind: 'broken', sent: false, stale: false, code: 'ECONNREFUSED' };
      }
    },
    close: () => undefined,
  };
}

function firedOf({ faults }: SimulatedApi): number {
  return faults.list().reduce((sum, { fired }) => sum + fired, 0);
}

function toApiRequest({ method, url, headers, body = '' }: ExchangeRequest): ApiRequest {
  const { pathname, searchParams, origin } = new URL(url);
  return { method, path: pathname, query: searchParams, headers: { ...headers }, bodyText: body, origin };
}

function toExchange(delivery: Delivery): Exchange {
  if (delivery.kind === 'Reset' || delivery.wire?.kind === 'Cut') {
    return { kind: 'broken', sent: true, stale: false, code: 'ECONNRESET' };
  }
  const { status, headers } = delivery.answer;
  if (delivery.wire?.kind === 'Huge') {
    return { kind: 'unreadable', status, message: 'the answer is too large' };
  }
  const retryAfter = headers['retry-after'];
  return {
    kind: 'reply',
    status,
    text: bodyText(delivery.answer),
    ...(retryAfter === undefined ? {} : { retryAfter }),
  };
}

/** The path without IDs and other parts that differ between runs. */
function labelOf(url: string): string {
  const path = new URL(url).pathname.replace('/api/v1', '');
  return path
    .replace(/\/pods\/(?!status$|history$)[^/]+$/, '/pods/{id}')
    .replace(/\/ssh_keys\/[^/]+$/, '/ssh_keys/{id}');
}
