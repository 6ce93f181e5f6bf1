import { isRawObject, type RawObject } from '../../../src/kubernetes/objects.ts';
import type { Simulator } from '../../../src/simulator/start-simulator.ts';
import type { ApiProxy, ProxiedRequest } from '../../support/api-proxy.ts';
import { Journal, type ChangeSource } from '../../simulation/journal.ts';
import type { Change } from '../../simulation/simulated-api-server.ts';
import { judgeEnd, type Expectation } from '../../simulation/oracles.ts';

/** A write that is no part of a life: the Lease is renewed for ever, and events only tell. */
const ASIDE = /\/(leases|events)(\/|$)/;

/**
 * What the simulated world's oracles judge by, taken from real processes: the provider's ledger, and what the API
 * server answered to the operator's writes, noted before the operator could read it.
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

  /** Writes of the operator that were done, but for Lease and events, as `PATCH /apis/…`. */
  writes(): string[] {
    return this.#proxy.requests
      .filter(
        ({ method, path, status = 0 }) => method !== 'GET' && !ASIDE.test(path) && status < 300 && status > 0,
      )
      .map(({ method, path }) => `${method} ${path}`);
  }

  /** What must not have been, until now, with the GpuPods as they are stored now. */
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

/** The object before the first write that is seen of it: its status is as people made it, and no intent was on it. */
function asApplied(object: RawObject): RawObject {
  return { ...object, metadata: { ...object.metadata, annotations: {} } };
}

/** What a write of a GpuPod came to; undefined for every other answer. */
function writtenGpuPod({ method, path, status = 0 }: ProxiedRequest, body: string): RawObject | undefined {
  if (method === 'GET' || status >= 300 || !path.includes('/gpupods/')) return undefined;
  const object: unknown = JSON.parse(body);
  return isRawObject(object) ? object : undefined;
}
