import { stringAt } from '../../../src/json.ts';
import type { Exchange, Exchanger, ExchangeRequest } from '../../../src/prime/exchange.ts';
import type { ClusterPorts } from '../../../src/controllers/gpupod/gpu-pod-options.ts';
import type { InstanceSnapshot, Provider } from '../../../src/lifecycle/provider.ts';
import type { Plant } from '../operator-process.ts';
import type { ScenarioName } from './scenarios.ts';

/** A mistake that an operator could make, and the oracles that must find it. */
export interface PlantedBug {
  /** As in docs/development/verification.md. */
  readonly name: string;
  /** Called once for each simulation, so that it can keep state. */
  readonly plant: () => Plant;
  readonly scenario: ScenarioName;
  /** Puts a bug into what no option replaces, and returns what takes it out again. */
  readonly install?: () => () => void;
  /** All of these oracles must report it. Others may. */
  readonly oracles: readonly string[];
  /** The message of one of them, if the oracle reports several things. */
  readonly violation?: RegExp;
}

/** Replaces the exchange of some requests. */
export function onWire(
  change: (
    request: ExchangeRequest,
    send: (request: ExchangeRequest) => Promise<Exchange>,
  ) => Promise<Exchange>,
): Plant {
  return {
    exchanger: (real: Exchanger): Exchanger => ({
      exchange: async (request) => await change(request, async (next) => await real.exchange(next)),
      close: () => {
        real.close();
      },
    }),
  };
}

export function isCreate({ method, url }: ExchangeRequest): boolean {
  return method === 'POST' && new URL(url).pathname.endsWith('/pods/');
}

export function isList({ method, url }: ExchangeRequest): boolean {
  return method === 'GET' && new URL(url).pathname.endsWith('/pods/');
}

export function atProvider(change: (real: Provider) => Partial<Provider>): Plant {
  return { provider: (real) => ({ ...real, ...change(real) }) };
}

/** Replaces the API server's answers about GpuPods. */
export function atCluster(change: (real: ClusterPorts['api']) => Partial<ClusterPorts['api']>): Plant {
  return { ports: (real) => ({ ...real, api: { ...real.api, ...change(real.api) } }) };
}

export function podIdIn(object: object): string | undefined {
  return statusTextAt(object, 'podId');
}

export function podNameIn(object: object): string | undefined {
  return statusTextAt(object, 'podName');
}

/** The status of an object that is about to be written. */
export function statusIn(object: object): unknown {
  return 'status' in object ? object.status : undefined;
}

function statusTextAt(object: object, field: string): string | undefined {
  return stringAt(statusIn(object), field);
}

export function terminated(podId: string): InstanceSnapshot {
  return { podId, status: 'TERMINATED', ports: [] };
}
