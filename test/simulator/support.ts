import { SimulatedApi } from '../../src/simulator/api/simulated-api.ts';
import type { Clock } from '../../src/clock.ts';
import type { Delivery } from '../../src/simulator/api/simulated-api.ts';
import { DEFAULT_OFFERS_FILE, loadOffers } from '../../src/simulator/offers/load-offers.ts';
import { settingsSchema } from '../../src/simulator/world/settings.ts';
import type { SettingsInput } from '../../src/simulator/world/settings.ts';

/** A clock that advances only on demand, or when something sleeps. */
export class ManualClock implements Clock {
  #ms = Date.parse('2026-11-23T10:00:00Z');

  nowMs(): number {
    return this.#ms;
  }

  monotonicMs(): number {
    return this.#ms;
  }

  advance(ms: number): void {
    this.#ms += ms;
  }

  sleep(ms: number): Promise<void> {
    this.advance(ms);
    return Promise.resolve();
  }
}

export interface Bench {
  api: SimulatedApi;
  clock: ManualClock;
  ask: (method: string, path: string, extra?: AskOptions) => Answered;
}

export interface AskOptions {
  body?: unknown;
  /** Null sends no key. */
  key?: string | null;
}

export interface Answered {
  status: number | 'Reset';
  body: unknown;
  headers: Record<string, string>;
  delivery: Delivery;
}

/** The API on a manual clock, without HTTP. */
export function createBench(settings: SettingsInput = {}): Bench {
  const clock = new ManualClock();
  const catalogue = loadOffers(DEFAULT_OFFERS_FILE);
  const api = new SimulatedApi({ clock, seed: 1, settings: settingsSchema.parse(settings), catalogue });
  const ask = (method: string, path: string, extra: AskOptions = {}): Answered => {
    const url = new URL(`http://simulator/api/v1${path}`);
    const { body, key = 'test-key' } = extra;
    const reception = api.receive({
      method,
      path: url.pathname,
      query: url.searchParams,
      headers: key === null ? {} : { authorization: `Bearer ${key}` },
      bodyText: body === undefined ? '' : JSON.stringify(body),
      origin: url.origin,
    });
    clock.advance(reception.waitMs);
    const delivery = reception.proceed();
    return delivery.kind === 'Reset'
      ? { status: 'Reset', body: null, headers: {}, delivery }
      : {
          status: delivery.answer.status,
          body: delivery.answer.body,
          headers: delivery.answer.headers,
          delivery,
        };
  };
  return { api, clock, ask };
}

export interface CreateOverrides {
  pod?: Record<string, unknown>;
  provider?: string;
  rest?: Record<string, unknown>;
}

/** A create body for the guide's fixed offer, with changes. */
export function createBody({ pod, provider, rest }: CreateOverrides = {}): Record<string, unknown> {
  return {
    pod: {
      name: 'gp-abc123-0123456789-1-default-train',
      cloudId: 'n3-H100x1',
      gpuType: 'H100_80GB',
      socket: 'PCIe',
      gpuCount: 1,
      dataCenterId: 'CANADA-1',
      country: 'CA',
      security: 'secure_cloud',
      maxPrice: 3,
      image: 'ubuntu_22_cuda_12',
      ...pod,
    },
    provider: { type: provider ?? 'hyperstack' },
    ...rest,
  };
}

/** Rents the guide's instance and returns its ID. */
export function rent(bench: Bench, overrides: CreateOverrides = {}): string {
  const { status, body } = bench.ask('POST', '/pods/', { body: createBody(overrides) });
  if (status !== 200) throw new Error(`create refused: ${String(status)} ${JSON.stringify(body)}`);
  return field(body, 'id');
}

/** A field of a JSON object as text. */
export function field(body: unknown, name: string): string {
  return typeof body === 'object' && body !== null ? String(Reflect.get(body, name)) : '';
}

/** One field of each row of a list, unchanged. */
export function column(body: unknown, name: string): unknown[] {
  return rows(body).map((row): unknown =>
    typeof row === 'object' && row !== null ? Reflect.get(row, name) : row,
  );
}

/** A list in a JSON object. */
export function rows(body: unknown, name = 'data'): unknown[] {
  const list: unknown = typeof body === 'object' && body !== null ? Reflect.get(body, name) : null;
  return Array.isArray(list) ? list : [];
}
