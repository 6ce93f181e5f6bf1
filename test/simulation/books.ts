import { isDeepStrictEqual } from 'node:util';
import { isRecord, recordAt, stringAt } from '../../src/json.ts';
import type { RawObject } from '../../src/kubernetes/objects.ts';
import type { SimulatedApi } from '../../src/simulator/api/simulated-api.ts';
import type { LoggedRequest } from '../../src/simulator/api/request-log.ts';
import { conditionsOf, podIdOf, reasonOf, specOf } from './readings.ts';
import type { Change } from './simulated-api-server.ts';

const RETAINED = 'gpupod-operator-retained';

/** An order as it was last written onto an object, read without the operator's own code. */
export interface WrittenOrder {
  readonly podName: string;
  readonly uid: string;
  readonly objectKey: string;
  /** USD per hour that the spec allowed at that moment. */
  readonly maxPrice: number;
  readonly hadFinalizer: boolean;
}

/** Tells of each change of an object, before anybody who asked for it hears of it. */
export interface ChangeSource {
  onChange(listener: (change: Change) => void): unknown;
}

/** What the person who runs the operator allows everybody, in USD per hour. */
export interface PriceLimits {
  /** Of one machine. */
  readonly ceilingUsdPerHour?: number;
  /** Of all machines together. */
  readonly totalUsdPerHour?: number;
}

/** What the world itself noted of its objects and orders: what the oracles judge by, beside the ledger. */
export class Books {
  readonly orders = new Map<string, WrittenOrder>();
  /** Pods that a status ever named, with the uid of the object that named them. */
  readonly owners = new Map<string, string>();
  /** GpuPods that ever came to be. */
  livesSeen = 0;
  /** Pods that outlive their object because it said Retain, as the operator wrote them down. */
  retainedIds: ReadonlySet<string> = new Set();
  #violations: string[] = [];
  /** Of other clusters that rent from the same provider. */
  readonly #others = new Set<Books>();
  readonly #api: Pick<SimulatedApi, 'requests' | 'world'>;
  readonly #nowText: () => string;
  readonly limits: PriceLimits;
  readonly #creates: LoggedRequest[] = [];

  constructor(
    server: ChangeSource,
    api: Pick<SimulatedApi, 'requests' | 'world'>,
    nowText: () => string,
    limits: PriceLimits = {},
  ) {
    this.#api = api;
    this.#nowText = nowText;
    this.limits = limits;
    server.onChange((change) => {
      if (change.kind === 'gpupods') this.#noteChange(change);
      if (change.object.metadata.name === RETAINED) this.#noteRetained(change);
    });
    api.requests.onArrival((request) => {
      if (request.method === 'POST' && request.route === '/pods/') {
        this.#creates.push(request);
        this.#judgeCreate(request);
      }
    });
  }

  get violations(): readonly string[] {
    return this.#violations;
  }

  /** Two clusters rent from one provider: each order stands in the books of one of them, and they are judged together. */
  joinWith(other: Books): void {
    this.#violations = other.#violations;
    this.#others.add(other);
    other.#others.add(this);
  }

  accuse(oracle: string, message: string): void {
    this.#violations.push(`[${oracle}] ${message} (at ${this.#nowText()})`);
  }

  #noteChange(change: Change): void {
    const { object, before, by } = change;
    if (change.type === 'ADDED') this.livesSeen += 1;
    if (by === 'person') return;
    this.#noteOrder(object, before);
    const podId = podIdOf(object);
    // What a person wrote there stays a person's word, whoever writes the status next.
    if (podId !== undefined && podId !== podIdOf(before)) this.owners.set(podId, object.metadata.uid);
    if (change.type === 'DELETED') this.#judgeRelease(object);
    else if (!isDeepStrictEqual(object['status'], before?.['status'])) this.#judgeStatus(object, before);
  }

  /** An order that was not taken may be written anew, under its name and for what the spec says by then. */
  #noteOrder(object: RawObject, before: RawObject | undefined): void {
    const order = readOrder(object);
    if (order === undefined || this.#isOthers(order.name)) return;
    // What a person wrote there is nobody's order, whatever else the operator writes onto the object.
    if (intentOf(object) === intentOf(before)) return;
    const known = this.orders.get(order.name);
    if (known !== undefined && known.uid !== object.metadata.uid) return;
    this.orders.set(order.name, {
      podName: order.name,
      uid: object.metadata.uid,
      objectKey: `${object.metadata.namespace ?? ''}/${object.metadata.name}`,
      maxPrice: this.#maxPriceOf(object),
      hadFinalizer: (object.metadata.finalizers ?? []).length > 0,
    });
  }

  /** An order that was written in another cluster, and came here with a copy of its object. */
  #isOthers(podName: string): boolean {
    return [...this.#others].some(({ orders }) => orders.has(podName));
  }

  /** Nothing is paid before it is written down, and never without a cap that the spec allows. */
  #judgeCreate({ bodyText }: LoggedRequest): void {
    const pod = recordAt(parse(bodyText), 'pod');
    const name = stringAt(pod, 'name') ?? '';
    const { maxPrice } = pod;
    const order = this.orders.get(name);
    if (order === undefined) {
      if (this.#isOthers(name)) return;
      this.accuse('written-first', `an order for ${name} left that no object says anything of`);
      return;
    }
    if (!order.hadFinalizer) this.accuse('written-first', `order ${name} was written without the finalizer`);
    const isCapped = typeof maxPrice === 'number' && maxPrice >= 0.01 && maxPrice <= order.maxPrice + 1e-9;
    if (!isCapped) {
      this.accuse('cap', `order ${name} allows ${String(maxPrice)} USD/h, the spec ${order.maxPrice}`);
    }
  }

  #noteRetained({ object: { data } }: Change): void {
    this.retainedIds = new Set(Object.keys(isRecord(data) ? data : {}));
  }

  /** An object goes only when nothing of it bills, but for what a person or the object itself wanted left. */
  #judgeRelease({ metadata }: RawObject): void {
    const named = metadata.annotations?.['gpupod.dev/force-release'];
    for (const { id, name } of this.#api.world.ledger.live()) {
      const isLeft = named === id || named === name || this.retainedIds.has(id);
      if (this.uidOf(id, name) === metadata.uid && !isLeft) {
        this.accuse('released-while-billing', `${metadata.name} went while pod ${name} bills`);
      }
    }
  }

  #judgeStatus(object: RawObject, before: RawObject | undefined): void {
    this.#judgeWaiting(object, before);
    for (const problem of statusProblems(object)) {
      this.accuse('status-rules', `${object.metadata.name}: ${problem}`);
    }
    const isReadyNow = stringAt(object['status'], 'readyAt') !== undefined;
    const wasReady = stringAt(before?.['status'], 'readyAt') !== undefined;
    const podId = podIdOf(object);
    const pod = podId === undefined ? undefined : this.#api.world.pods.byId.get(podId);
    if (!isReadyNow || wasReady || pod === undefined) return;
    const { createdPriceHr, name } = this.#api.world.ledger.entry(pod);
    const cap = this.orders.get(name)?.maxPrice ?? this.#maxPriceOf(object);
    if (createdPriceHr > cap + 1e-9) {
      this.accuse('cap', `pod ${name} got ready at ${createdPriceHr} USD/h, the spec allows ${cap}`);
    }
  }

  /** What the spec allows, and the operator. */
  #maxPriceOf(object: RawObject): number {
    const { ceilingUsdPerHour = Infinity } = this.limits;
    const price = specOf(object)['maxPrice'];
    return typeof price === 'number' ? Math.min(price, ceilingUsdPerHour) : ceilingUsdPerHour;
  }

  /** Who says that it waits for money is of a team, or of none, of which an order was refused. */
  #judgeWaiting(object: RawObject, before: RawObject | undefined): void {
    const isWaiting = reasonOf(object, 'Synced') === 'PaymentRequired';
    if (!isWaiting || (before !== undefined && reasonOf(before, 'Synced') === 'PaymentRequired')) return;
    const teamId = stringAt(specOf(object), 'teamId');
    const isRefused = this.#creates.some(
      ({ status, bodyText }) => (status === 402 || status === 400) && teamOf(bodyText) === teamId,
    );
    if (!isRefused) {
      this.accuse('breaker', `${object.metadata.name} waits for money, and nobody of its team was refused`);
    }
  }

  /** The object that a pod was rented for: by the order that was written, or by the status that named it. */
  uidOf(podId: string, podName: string): string | undefined {
    return this.owners.get(podId) ?? this.orders.get(podName)?.uid;
  }
}

function statusProblems(object: RawObject): readonly string[] {
  const status = recordAt(object, 'status');
  const list = conditionsOf(object);
  const types = list.map((condition) => String(condition['type']));
  const generation = object.metadata.generation ?? 0;
  const isAhead = (value: unknown): boolean => typeof value === 'number' && value > generation;
  const rules: readonly (readonly [string, boolean])[] = [
    ['condition Ready is missing', !types.includes('Ready')],
    ['Reconciling and Stalled at once', types.includes('Reconciling') && types.includes('Stalled')],
    ['a condition stands twice', new Set(types).size < types.length],
    ['observedGeneration is ahead', isAhead(status['observedGeneration'])],
    ['a condition is ahead', list.some((condition) => isAhead(condition['observedGeneration']))],
    ['a message is too long', list.some((condition) => String(condition['message']).length > 300)],
  ];
  return rules.filter(([, isBroken]) => isBroken).map(([problem]) => problem);
}

function intentOf(object: RawObject | undefined): string | undefined {
  return object?.metadata.annotations?.['gpupod.dev/intent'];
}

function readOrder(object: RawObject): { readonly name: string } | undefined {
  const text = intentOf(object);
  const name = text === undefined ? undefined : stringAt(parse(text), 'name');
  return name === undefined ? undefined : { name };
}

function teamOf(createBody: string): string | undefined {
  return stringAt(recordAt(parse(createBody), 'team'), 'teamId');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
