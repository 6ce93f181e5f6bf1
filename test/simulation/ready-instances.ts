import { isDeepStrictEqual } from 'node:util';
import type { RawObject } from '../../src/kubernetes/objects.ts';
import { ANNOTATIONS } from '../../src/api/names.ts';
import { FROZEN_FIELDS } from '../../src/api/spec.ts';
import type { SimulatedApi } from '../../src/simulator/api/simulated-api.ts';
import type { LoggedRequest } from '../../src/simulator/api/request-log.ts';
import type { Books } from './books.ts';
import { Heirs } from './heirs.ts';
import { isReady, podIdOf, specOf } from './readings.ts';
import type { Change, SimulatedApiServer } from './simulated-api-server.ts';

interface Parts {
  readonly server: SimulatedApiServer;
  readonly api: SimulatedApi;
  readonly books: Books;
}

/**
 * The work of people is on a machine that was ready: nobody ends it, or gives it up, unless a person asked for that
 * (deleted, suspended or tore out its GpuPod, changed what it was bought with), or its GpuPod has another one.
 */
export class ReadyInstances {
  readonly #parts: Parts;
  readonly #ready = new Set<string>();
  /** The pod of each living GpuPod, by uid, as an operator last wrote it: what people do to the status is not heard. */
  readonly #podOf = new Map<string, string>();
  readonly #asked = new Set<string>();
  /** Pods whose GpuPod a person has suspended, were it for a moment: `Retain` does not keep those. */
  readonly #suspended = new Set<string>();
  readonly #heirs = new Heirs();

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
    this.#heirs.note(change);
    const held = this.#podOf.get(uid);
    if (held === undefined) return;
    if (isAsked(change) || this.#isJudgedAnew(object, held)) this.#asked.add(held);
    if (specOf(object)['suspend'] === true) this.#suspended.add(held);
    if (isOurs && isClosed(change)) this.#judgeGivenUp(object, held);
    if (type === 'DELETED') {
      if (!isOurs) this.#heirs.leave(object, held);
      this.#podOf.delete(uid);
    }
  }

  #learn(object: RawObject): void {
    const podId = podIdOf(object);
    if (podId === undefined) return;
    this.#podOf.set(object.metadata.uid, podId);
    if (isReady(object)) this.#ready.add(podId);
  }

  #judgeGivenUp({ metadata: { name, uid } }: RawObject, podId: string): void {
    if (this.#isWrong(podId)) this.#accuse(`${name} gave up ${podId}, which was ready and runs`);
    this.#podOf.delete(uid);
  }

  #judge({ path }: LoggedRequest): void {
    const podId = path.slice(path.lastIndexOf('/') + 1);
    const isWanted = this.#isHeld(podId) || this.#parts.books.retainedIds.has(podId);
    if (this.#heirs.isWanted(podId) && this.#isRunning(podId)) {
      this.#accuse(`DELETE of ${podId}, which was ready, and whose GpuPod was restored`);
    }
    if (isWanted && this.#isWrong(podId)) this.#accuse(`DELETE of ${podId}, which was ready`);
  }

  /** A price is held against the cap until a status says that the machine was ready; here a person has taken that off. */
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

  #isHeld(podId: string): boolean {
    return [...this.#podOf.values()].includes(podId);
  }

  #isWrong(podId: string): boolean {
    // What was entered into the list stays a matter of its GpuPod until that has gone.
    const isRetained = this.#parts.books.retainedIds.has(podId) && !this.#suspended.has(podId);
    const isLeft = isRetained && !this.#isHeld(podId);
    return this.#isRunning(podId) && (isLeft || !this.#asked.has(podId));
  }

  #isRunning(podId: string): boolean {
    const { pods } = this.#parts.api.world;
    const pod = pods.byId.get(podId);
    return this.#ready.has(podId) && pod !== undefined && pods.isLive(pod);
  }

  #accuse(message: string): void {
    this.#parts.books.accuse('ready-ended', message);
  }
}

function isClosed({ object, before }: Change): boolean {
  return podIdOf(object) === undefined && podIdOf(before) !== undefined;
}

/**
 * Whether a person wants the machine to end, has changed what it was bought with, or has taken off the object all that
 * says of it: nobody knows then what it was to cost, and it is a stray.
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
