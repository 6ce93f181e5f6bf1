import { parseGpuPod } from '../../../src/api/gpupod/gpu-pod.ts';
import type { GpuPod } from '../../../src/api/gpupod/gpu-pod.ts';
import { chargedAtOnce } from '../../../src/offers/upfront.ts';
import type { MicroUsd } from '../../../src/offers/money.ts';
import { costOf, countedLive, GpuPodCounts, HOUR_MS } from '../../../src/accounts/sums/gpu-pod-counts.ts';
import type { Live, UnownedKind } from '../../../src/accounts/sums/live-instances.ts';
import { NotCreated } from '../../../src/accounts/sums/not-created.ts';
import type { Ended, Reserving, ReservationsOptions } from '../../../src/accounts/sums/reservations.ts';
import type { SentCreate } from '../../../src/accounts/sums/sent-creates.ts';
import { factsOf } from '../../../src/accounts/sums/gpu-pod-facts.ts';
import { OpenIntents } from '../../../src/accounts/sums/open-intents.ts';
import { fits, isIn } from '../../../src/accounts/sums/sum-limits.ts';
import type { Counted, Scope, Totals } from '../../../src/accounts/sums/sum-limits.ts';
import type { KubernetesObject } from '../../../src/kubernetes/objects.ts';
import { objectKey } from '../../../src/kubernetes/objects.ts';
import { attemptKey } from '../../../src/lifecycle/pod-name.ts';
import { ScannedCreates, ScannedInstances } from './scanned-books.ts';

interface Sum {
  readonly byUid: ReadonlyMap<string, Counted>;
  readonly unowned: readonly Live[];
  readonly sent: readonly SentCreate[];
}

interface Charge {
  readonly uid: string;
  readonly micros: MicroUsd;
  readonly owner: Counted['owner'];
  readonly atMs: number;
}

interface FullSummary {
  readonly summed: readonly Totals[];
  readonly unowned: ReadonlyMap<UnownedKind, MicroUsd>;
}

export interface FullPassOptions extends Omit<ReservationsOptions, 'view'> {
  readonly list: () => readonly KubernetesObject[];
}

/**
 * The sums behind all limits as one pass over everything gives them, without anything that is kept from one question to
 * the next but what was listed and sent. What the operator keeps up to date must give the same.
 */
export class FullPass {
  readonly live: ScannedInstances;
  readonly sent: ScannedCreates;
  readonly #notCreated: NotCreated;
  readonly openIntents: OpenIntents;
  #keys: ReadonlySet<string> = new Set();
  readonly #options: FullPassOptions;
  readonly #counts: GpuPodCounts;
  readonly #charges = new Map<string, Charge>();

  constructor(options: FullPassOptions) {
    this.#options = options;
    this.live = new ScannedInstances(options);
    this.sent = new ScannedCreates(options);
    this.#notCreated = new NotCreated({ get: (key) => options.list().find((one) => objectKey(one) === key) });
    this.openIntents = new OpenIntents(options);
    const { live, sent, openIntents } = this;
    this.#counts = new GpuPodCounts({ ...options, live, sent, notCreated: this.#notCreated, openIntents });
  }

  note(gpuPod: GpuPod): void {
    const { podId = '' } = gpuPod.status;
    const live = this.live.get(podId);
    this.#counts.of(gpuPod, {
      live: new Map(live === undefined ? [] : [[podId, live]]),
      isAlive: () => true,
    });
  }

  reserve({ uid, intent, owner, limits }: Reserving): boolean {
    const micros = chargedAtOnce(intent.cost.total, intent.offer.prepaidHours);
    const added = { micros, instances: 1, gpus: intent.offer.gpuCount };
    const sum = limits.length === 0 ? undefined : this.#sum();
    if (sum !== undefined && !limits.every((one) => fits(one, this.#elsewhere(uid, one.scope, sum), added))) {
      return false;
    }
    this.sent.add(uid, intent, owner, added);
    this.#notCreated.drop(intent);
    if (micros > intent.cost.total) {
      const atMs = this.#options.clock.monotonicMs();
      this.#charges.set(intent.name, { uid, owner, micros, atMs });
    }
    return true;
  }

  release({ name, isCharged, notCreated }: Ended): void {
    if (isCharged) {
      this.sent.answer(name);
    } else {
      this.sent.drop(name);
      this.#charges.delete(name);
    }
    if (notCreated !== undefined) {
      this.#notCreated.add(notCreated.key, notCreated.intent);
    }
    this.sent.replaceListed(this.live);
  }

  elsewhereIn(uid: string, scopes: readonly Scope[]): readonly Totals[] {
    const sum = this.#sum();
    return scopes.map((scope) => this.#elsewhere(uid, scope, sum));
  }

  summary(scopes: readonly Scope[]): FullSummary {
    const sum = this.#sum();
    return {
      summed: scopes.map((scope) => this.#elsewhere('', scope, sum)),
      unowned: this.#unownedIn(sum),
    };
  }

  #unownedIn({ unowned }: Sum): FullSummary['unowned'] {
    const micros = new Map<UnownedKind, MicroUsd>([
      ['retained', 0],
      ['released', 0],
      ['orphaned', 0],
    ]);
    for (const { kind = 'orphaned', price } of unowned) {
      micros.set(kind, (micros.get(kind) ?? 0) + costOf(price, this.#options.assumedPrice).micros);
    }
    return micros;
  }

  #elsewhere(uid: string, scope: Scope, { byUid, unowned, sent }: Sum): Totals {
    const counted = new Map(byUid);
    counted.delete(uid);
    const others = sent.filter((one) => one.uid !== uid || one.answeredAtMs !== undefined);
    const all: readonly Counted[] = [
      ...counted.values(),
      ...others,
      ...unowned.map((live) => countedLive(live, this.#options.assumedPrice)),
      ...this.#openCharges(counted, others),
    ];
    return exactSumOf(all.filter((one) => isIn(scope, one)).map((one) => pricedFor(scope, one)));
  }

  #openCharges(counted: ReadonlyMap<string, Counted>, sent: readonly SentCreate[]): readonly Counted[] {
    const nowMs = this.#options.clock.monotonicMs();
    return [...this.#charges].flatMap(([name, { uid: of, micros, owner, atMs }]) => {
      const request = sent.find((one) => one.name === name);
      const included = (request ?? counted.get(of))?.micros ?? 0;
      const left = Math.max(0, micros - included);
      return nowMs - atMs >= HOUR_MS ? [] : [{ micros: left, instances: 0, gpus: 0, owner }];
    });
  }

  #noteIntents(objects: readonly KubernetesObject[]): void {
    const open = new Map(
      objects.flatMap((object) => {
        const facts = factsOf(object);
        return facts.open === undefined ? [] : [[objectKey(object), facts.open] as const];
      }),
    );
    for (const key of this.#keys) if (!open.has(key)) this.openIntents.drop(key);
    for (const [key, one] of open) this.openIntents.keep(key, one);
    this.#keys = new Set(open.keys());
    this.openIntents.changed();
  }

  #sum(): Sum {
    const byUid = new Map<string, Counted>();
    const objects = this.#options.list().toSorted((a, b) => (objectKey(a) < objectKey(b) ? -1 : 1));
    this.#noteIntents(objects);
    const uids = new Set(objects.map(({ metadata }) => metadata.uid));
    const rest = { live: this.live.all(), isAlive: (uid: string) => uids.has(uid) };
    for (const raw of objects) {
      const parsed = parseGpuPod(raw);
      if (parsed.kind === 'ok' && !byUid.has(parsed.gpuPod.metadata.uid)) {
        byUid.set(parsed.gpuPod.metadata.uid, this.#counts.of(parsed.gpuPod, rest));
      }
    }
    this.sent.replaceListed(this.live);
    const sent = this.sent.all();
    const attempts = new Set(sent.map(({ name }) => attemptKey(name)));
    const unowned = [...rest.live.values()].filter(({ podName }) => !attempts.has(attemptKey(podName)));
    return { byUid, unowned, sent };
  }
}

function pricedFor({ unknownPrice = 0 }: Scope, counted: Counted): Totals {
  return counted.isPriceUnknown === true ? { ...counted, micros: unknownPrice } : counted;
}

function exactSumOf(counted: readonly Totals[]): Totals {
  const sum = (values: readonly number[]): number =>
    values.every((value) => Number.isFinite(value))
      ? Number(values.reduce((total, value) => total + BigInt(value), 0n))
      : Infinity;
  return {
    micros: sum(counted.map(({ micros }) => micros)),
    instances: sum(counted.map(({ instances }) => instances)),
    gpus: sum(counted.map(({ gpus }) => gpus)),
  };
}
