import { isRawObject } from '../../../src/kubernetes/objects.ts';
import type { RawObject } from '../../../src/kubernetes/objects.ts';
import type { Simulator } from '../../../src/simulator/start-simulator.ts';
import type { ApiProxy, ProxiedRequest } from '../../support/api-proxy.ts';
import { Journal } from '../../simulation/journal.ts';
import type { ChangeSource } from '../../simulation/journal.ts';
import type { Change } from '../../simulation/simulated-api-server.ts';
import { judgeEnd } from '../../simulation/oracles.ts';
import type { Expectation } from '../../simulation/oracles.ts';

/** Writes that are not part of the life cycle: renewals of the Lease, and events. */
const ASIDE = /\/(leases|events)(\/|$)/;

/**
 * The evidence for the oracles of the simulated world, from real processes: the ledger of the provider, and the
 * answers of the API server to writes of the operator. It records an answer before the operator reads it.
 */
export class Evidence {
  readonly #simulator: Simulator;
  readonly #proxy: ApiProxy;
  readonly #foreignIds: readonly string[];
  readonly #journal: Journal;
  readonly #seen = new Map<string, RawObject>();

  constructor(simulator: Simulator, proxy: ApiProxy, foreignIds: readonly string[]) {
    this.#simulator = simulator;
    this.#proxy = proxy;
    this.#foreignIds = foreignIds;
    const source: ChangeSource = {
      onChange: (listener) => {
        proxy.onAnswer((request, body) => {
          const change = this.#changeOf(request, body);
          if (change !== undefined) listener(change);
        });
      },
    };
    this.#journal = new Journal(source, simulator, () =>
      new Date(simulator.world.clock.nowMs()).toISOString(),
    );
  }

  /** Successful writes of the operator without Lease and events, as `PATCH /apis/…`. */
  writes(): string[] {
    return this.#proxy.requests
      .filter(
        ({ method, path, status = 0 }) => method !== 'GET' && !ASIDE.test(path) && status < 300 && status > 0,
      )
      .map(({ method, path }) => `${method} ${path}`);
  }

  /** The violations so far, for the stored GpuPods. */
  violations(objects: readonly RawObject[], expected: Expectation = {}): readonly string[] {
    judgeEnd(
      {
        api: this.#simulator,
        server: { list: () => objects },
        journal: this.#journal,
        foreignIds: this.#foreignIds,
      },
      expected,
    );
    return this.#journal.violations;
  }

  addViolation(oracle: string, message: string): void {
    this.#journal.addViolation(oracle, message);
  }

  #changeOf(request: ProxiedRequest, body: string): Change | undefined {
    const object = writtenGpuPod(request, body);
    if (object === undefined) return undefined;
    const { uid, deletionTimestamp, finalizers = [] } = object.metadata;
    const before = this.#seen.get(uid) ?? (request.path.endsWith('/status') ? undefined : asApplied(object));
    this.#seen.set(uid, object);
    const isGone = deletionTimestamp !== undefined && finalizers.length === 0;
    return {
      kind: 'gpupods',
      type: isGone ? 'DELETED' : 'MODIFIED',
      object,
      before,
      by: 'operator',
      verb: request.method,
    };
  }
}

/** The object before its first recorded write, without a create intent and without a status from the operator. */
function asApplied(object: RawObject): RawObject {
  return { ...object, metadata: { ...object.metadata, annotations: {} } };
}

/** The result of a write of a GpuPod, or undefined for any other answer. */
function writtenGpuPod({ method, path, status = 0 }: ProxiedRequest, body: string): RawObject | undefined {
  if (method === 'GET' || status >= 300 || !path.includes('/gpupods/')) return undefined;
  const object: unknown = JSON.parse(body);
  return isRawObject(object) ? object : undefined;
}
