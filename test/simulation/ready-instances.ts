import { isDeepStrictEqual } from 'node:util';
import type { RawObject } from '../../src/kubernetes/objects.ts';
import { ANNOTATIONS } from '../../src/api/common/names.ts';
import { FROZEN_FIELDS } from '../../src/api/gpupod/spec.ts';
import type { SimulatedApi } from '../../src/simulator/api/simulated-api.ts';
import type { LoggedRequest } from '../../src/simulator/api/request-log.ts';
import type { Journal } from './journal.ts';
import { excusedMs, isAtLimit } from './limits.ts';
import { Successors } from './successors.ts';
import { isReady, podIdOf, specOf } from './readings.ts';
import type { Change, SimulatedApiServer } from './simulated-api-server.ts';

interface Parts {
  readonly server: SimulatedApiServer;
  readonly api: SimulatedApi;
  readonly journal: Journal;
  /** All processes so far. */
  readonly operators: readonly { readonly clock: { readonly largestErrorMs: number } }[];
}

/**
 * People work on an instance that was ready. The operator must not terminate it or give it up, unless a
 * person asked for that (deleted, suspended or removed its GpuPod, changed what it was bought with), or its
 * GpuPod has another instance.
 */
export class ReadyInstances {
  readonly #parts: Parts;
  readonly #ready = new Set<string>();
  /**
   * The pod ID of each existing GpuPod, by UID, as an operator last wrote it. Edits by people do not count.
   */
  readonly #podOf = new Map<string, string>();
  readonly #asked = new Set<string>();
  /** Pod IDs whose GpuPod a person has suspended, even for a moment. `Retain` does not keep those. */
  readonly #suspended = new Set<string>();
  readonly #successors = new Successors();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  watch(): void {
    const { server, api } = this.#parts;
    server.onChange((change) => {
      if (change.kind === 'gpupods') this.#note(change);
    });
    api.requests.onArrival((request) => {
      if (request.method === 'DELETE' && request.route === '/pods/{id}') this.#judge(request);
    });
  }

  #note(change: Change): void {
    const { object, by, type } = change;
    const { uid } = object.metadata;
    const isOurs = by.startsWith('operator');
    if (isOurs) this.#learn(object);
    this.#successors.note(change);
    const held = this.#podOf.get(uid);
    if (held === undefined) return;
    if (isAsked(change) || this.#isJudgedAnew(object, held)) this.#asked.add(held);
    if (specOf(object)['suspend'] === true) this.#suspended.add(held);
    if (isOurs && isClosed(change)) this.#judgeGivenUp(object, held);
    if (type === 'DELETED') {
      if (!isOurs) this.#successors.leave(object, held);
      this.#podOf.delete(uid);
    }
  }

  #learn(object: RawObject): void {
    const podId = podIdOf(object);
    if (podId === undefined || this.#isHeldByAnother(object, podId)) return;
    this.#podOf.set(object.metadata.uid, podId);
    if (isReady(object)) this.#ready.add(podId);
  }

  #judgeGivenUp({ metadata: { name, uid } }: RawObject, podId: string): void {
    if (this.#isWrong(podId)) this.#addViolation(`${name} gave up ${podId}, which was ready and is running`);
    this.#podOf.delete(uid);
  }

  #judge({ path }: LoggedRequest): void {
    const podId = path.slice(path.lastIndexOf('/') + 1);
    const isWanted = this.#isHeld(podId) || this.#parts.journal.retainedIds.has(podId);
    if (this.#successors.isWanted(podId) && this.#isRunning(podId)) {
      this.#addViolation(`DELETE of ${podId}, which was ready, and whose GpuPod was restored`);
    }
    if (isWanted && this.#isWrong(podId)) this.#addViolation(`DELETE of ${podId}, which was ready`);
  }

  /**
   * The operator checks the price against the cap until a status says that the instance was ready. Here a
   * person removed that statement.
   */
  #isJudgedAnew(object: RawObject, podId: string): boolean {
    const { pods, ledger } = this.#parts.api.world;
    const pod = pods.byId.get(podId);
    const { maxPrice } = specOf(object);
    return (
      podIdOf(object) === undefined &&
      pod !== undefined &&
      typeof maxPrice === 'number' &&
      ledger.entry(pod).priceHr > maxPrice
    );
  }

  /** A person wrote the ID of another GpuPod into this status, and the operator keeps what it cannot judge. */
  #isHeldByAnother({ metadata: { uid } }: RawObject, podId: string): boolean {
    return [...this.#podOf].some(([other, held]) => other !== uid && held === podId);
  }

  #isHeld(podId: string): boolean {
    return [...this.#podOf.values()].includes(podId);
  }

  #isWrong(podId: string): boolean {
    // A recorded instance stays with its GpuPod until the GpuPod is deleted.
    const isRetained = this.#parts.journal.retainedIds.has(podId) && !this.#suspended.has(podId);
    const isLeft = isRetained && !this.#isHeld(podId);
    return this.#isRunning(podId) && (isLeft || !this.#asked.has(podId)) && !this.#isAtLimit(podId);
  }

  /** A limit of the spec is a request to end the instance. */
  #isAtLimit(podId: string): boolean {
    const { server, api, journal, operators } = this.#parts;
    const { ledger, clock } = api.world;
    const uid = [...this.#podOf].find(([, held]) => held === podId)?.[0];
    const object = server.list('gpupods').find(({ metadata }) => metadata.uid === uid);
    const entries = ledger.entries().filter(({ id, name }) => journal.uidOf(id, name) === uid);
    return object !== undefined && isAtLimit(object, entries, clock.nowMs() + excusedMs(operators));
  }

  #isRunning(podId: string): boolean {
    const { pods } = this.#parts.api.world;
    const pod = pods.byId.get(podId);
    return this.#ready.has(podId) && pod !== undefined && pods.isLive(pod);
  }

  #addViolation(message: string): void {
    this.#parts.journal.addViolation('ready-ended', message);
  }
}

function isClosed({ object, before }: Change): boolean {
  return podIdOf(object) === undefined && podIdOf(before) !== undefined;
}

/**
 * Whether a person wants the termination, has changed what was bought, or has removed all marks from the
 * object. In the last case nobody knows the intended cost, and the instance is a duplicate.
 */
function isAsked({ object, before, type }: Change): boolean {
  const spec = specOf(object);
  const isUnwanted = object.metadata.deletionTimestamp !== undefined || spec['suspend'] === true;
  const wasSpec = before === undefined ? spec : specOf(before);
  const isAnother = FROZEN_FIELDS.some((field) => !isDeepStrictEqual(spec[field], wasSpec[field]));
  const isForgotten =
    podIdOf(object) === undefined && object.metadata.annotations?.[ANNOTATIONS.intent] === undefined;
  return type === 'DELETED' || isUnwanted || isAnother || isForgotten;
}
