import { isDeepStrictEqual } from 'node:util';
import { isRecord, parseJson, recordAt, stringAt } from '../../src/json.ts';
import type { RawObject } from '../../src/kubernetes/objects.ts';
import type { SimulatedApi } from '../../src/simulator/api/simulated-api.ts';
import type { LoggedRequest } from '../../src/simulator/api/request-log.ts';
import { lifetimeMs } from './limits.ts';
import { conditionsOf, podIdOf, reasonOf, specOf } from './readings.ts';
import type { Change } from './simulated-api-server.ts';

const RETAINED = 'gpupod-operator-retained';

/** A create intent as it was last written, parsed without the operator's own code. */
export interface WrittenIntent {
  readonly podName: string;
  readonly uid: string;
  readonly objectKey: string;
  /** USD per hour that the spec allowed at that moment. */
  readonly maxPrice: number;
  readonly hadFinalizer: boolean;
}

/** Reports each change of an object before the writer gets its response. */
export interface ChangeSource {
  onChange(listener: (change: Change) => void): unknown;
}

/** The limits of the operator's policy in USD per hour. */
export interface PriceLimits {
  /** For one instance. */
  readonly ceilingUsdPerHour?: number;
  /** For all instances together. */
  readonly totalUsdPerHour?: number;
}

/**
 * The simulation's own record of objects, create intents and violations. The oracles judge by it and by the
 * ledger.
 */
export class Journal {
  readonly intents = new Map<string, WrittenIntent>();
  /** Pod IDs that a status ever named, with the UID of the object. */
  readonly owners = new Map<string, string>();
  /** The longest lifetime that each GpuPod ever allowed, in milliseconds, by UID. */
  readonly longestLives = new Map<string, number>();
  /** The number of GpuPods ever created. */
  livesSeen = 0;
  /** Pod IDs that the operator recorded as retained. */
  retainedIds: ReadonlySet<string> = new Set();
  /** The same by the namespace of the operator that recorded them. */
  readonly #retained = new Map<string, readonly string[]>();
  /** Whether this user and team may pay for a GpuPod, if there are accounts. */
  isPaidBy: ((object: RawObject, userId: string, teamId: string | undefined) => boolean) | undefined;
  #violations: string[] = [];
  /** The journals of other clusters that use the same provider. */
  readonly #others = new Set<Journal>();
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

  /**
   * Shares the violations of two clusters with one provider. Each create intent is in the journal of one of
   * them.
   */
  joinWith(other: Journal): void {
    this.#violations = other.#violations;
    this.#others.add(other);
    other.#others.add(this);
  }

  addViolation(oracle: string, message: string): void {
    this.#violations.push(`[${oracle}] ${message} (at ${this.#nowText()})`);
  }

  #noteChange(change: Change): void {
    const { object, before, by } = change;
    if (change.type === 'ADDED') this.livesSeen += 1;
    this.#noteLifetime(object);
    if (by === 'person') return;
    this.#noteIntent(object, before);
    const podId = podIdOf(object);
    // An ID that a person wrote stays a person's statement, whoever writes the status next.
    if (podId !== undefined && podId !== podIdOf(before)) this.owners.set(podId, object.metadata.uid);
    if (change.type === 'DELETED') this.#judgeRelease(object);
    else if (!isDeepStrictEqual(object['status'], before?.['status'])) this.#judgeStatus(object, before);
  }

  #noteLifetime(object: RawObject): void {
    const { uid } = object.metadata;
    this.longestLives.set(uid, Math.max(this.longestLives.get(uid) ?? 0, lifetimeMs(object)));
  }

  /**
   * The operator may write a create intent again under its name, with the cap of the present spec, if its
   * request was never sent.
   */
  #noteIntent(object: RawObject, before: RawObject | undefined): void {
    const intent = readIntent(object);
    if (intent === undefined || this.#isOthers(intent.name)) return;
    // A create intent that a person wrote does not count, whatever else the operator writes to the object.
    if (intentOf(object) === intentOf(before)) return;
    const known = this.intents.get(intent.name);
    if (known !== undefined && known.uid !== object.metadata.uid) return;
    this.intents.set(intent.name, {
      podName: intent.name,
      uid: object.metadata.uid,
      objectKey: `${object.metadata.namespace ?? ''}/${object.metadata.name}`,
      maxPrice: this.#maxPriceOf(object),
      hadFinalizer: (object.metadata.finalizers ?? []).length > 0,
    });
  }

  /** True for a create intent of another cluster that came here with a copy of its object. */
  #isOthers(podName: string): boolean {
    return [...this.#others].some(({ intents }) => intents.has(podName));
  }

  /** A create request needs a create intent that was written before, and a cap that the spec allows. */
  #judgeCreate({ bodyText }: LoggedRequest): void {
    const pod = recordAt(parseJson(bodyText), 'pod');
    const name = stringAt(pod, 'name') ?? '';
    const { maxPrice } = pod;
    const intent = this.intents.get(name);
    if (intent === undefined) {
      if (this.#isOthers(name)) return;
      this.addViolation('written-first', `create request for ${name} without a create intent on any object`);
      return;
    }
    if (!intent.hadFinalizer) {
      this.addViolation('written-first', `create intent ${name} was written without the finalizer`);
    }
    const isCapped = typeof maxPrice === 'number' && maxPrice >= 0.01 && maxPrice <= intent.maxPrice + 1e-9;
    if (!isCapped) {
      this.addViolation(
        'cap',
        `create request ${name} has the cap ${String(maxPrice)} USD/h, the spec allows ${intent.maxPrice}`,
      );
    }
  }

  #noteRetained({ object: { data, metadata } }: Change): void {
    this.#retained.set(metadata.namespace ?? '', Object.keys(isRecord(data) ? data : {}));
    this.retainedIds = new Set([...this.#retained.values()].flat());
  }

  /**
   * The operator may release a GpuPod only when none of its instances bills, except for those that a person
   * or the GpuPod itself wanted to keep.
   */
  #judgeRelease({ metadata }: RawObject): void {
    const named = metadata.annotations?.['gpupod.dev/force-release'];
    for (const { id, name } of this.#api.world.ledger.live()) {
      const isLeft = named === id || named === name || this.retainedIds.has(id);
      if (this.uidOf(id, name) === metadata.uid && !isLeft) {
        this.addViolation(
          'released-while-billing',
          `${metadata.name} was released while instance ${name} bills`,
        );
      }
    }
  }

  #judgeStatus(object: RawObject, before: RawObject | undefined): void {
    this.#judgeWaiting(object, before);
    for (const problem of statusProblems(object)) {
      this.addViolation('status-rules', `${object.metadata.name}: ${problem}`);
    }
    const isReadyNow = stringAt(object['status'], 'readyAt') !== undefined;
    const wasReady = stringAt(before?.['status'], 'readyAt') !== undefined;
    const podId = podIdOf(object);
    const pod = podId === undefined ? undefined : this.#api.world.pods.byId.get(podId);
    if (!isReadyNow || wasReady || pod === undefined) return;
    const { createdPriceHr, name } = this.#api.world.ledger.entry(pod);
    const cap = this.intents.get(name)?.maxPrice ?? this.#maxPriceOf(object);
    if (createdPriceHr > cap + 1e-9) {
      this.addViolation(
        'cap',
        `instance ${name} became Ready at ${createdPriceHr} USD/h, the spec allows ${cap}`,
      );
    }
  }

  /** The cap of the spec and of the policy. */
  #maxPriceOf(object: RawObject): number {
    const { ceilingUsdPerHour = Infinity } = this.limits;
    const price = specOf(object)['maxPrice'];
    return typeof price === 'number' ? Math.min(price, ceilingUsdPerHour) : ceilingUsdPerHour;
  }

  /**
   * A GpuPod may say that it waits for money only if a create request of its team, or of no team, was
   * refused.
   */
  #judgeWaiting(object: RawObject, before: RawObject | undefined): void {
    const isWaiting = reasonOf(object, 'Synced') === 'PaymentRequired';
    if (!isWaiting || (before !== undefined && reasonOf(before, 'Synced') === 'PaymentRequired')) return;
    const teamId = stringAt(specOf(object), 'teamId');
    const isOfWallet = (request: LoggedRequest): boolean =>
      this.isPaidBy?.(object, request.userId ?? '', teamOf(request.bodyText)) ??
      teamOf(request.bodyText) === teamId;
    const isRefused = this.#creates.some(
      (request) => (request.status === 402 || request.status === 400) && isOfWallet(request),
    );
    if (!isRefused) {
      this.addViolation(
        'breaker',
        `${object.metadata.name} waits for money, but no create request of its team was refused`,
      );
    }
  }

  /** The UID that an instance belongs to, by its create intent or by the status that named it. */
  uidOf(podId: string, podName: string): string | undefined {
    return this.owners.get(podId) ?? this.intents.get(podName)?.uid;
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
    ['a condition occurs twice', new Set(types).size < types.length],
    ['observedGeneration is ahead', isAhead(status['observedGeneration'])],
    ['a condition is ahead', list.some((condition) => isAhead(condition['observedGeneration']))],
    ['a message is too long', list.some((condition) => String(condition['message']).length > 300)],
  ];
  return rules.filter(([, isBroken]) => isBroken).map(([problem]) => problem);
}

function intentOf(object: RawObject | undefined): string | undefined {
  return object?.metadata.annotations?.['gpupod.dev/intent'];
}

function readIntent(object: RawObject): { readonly name: string } | undefined {
  const text = intentOf(object);
  const name = text === undefined ? undefined : stringAt(parseJson(text), 'name');
  return name === undefined ? undefined : { name };
}

function teamOf(createBody: string): string | undefined {
  return stringAt(recordAt(parseJson(createBody), 'team'), 'teamId');
}
