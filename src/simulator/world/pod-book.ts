import type { Clock } from '../../clock.ts';
import type { Offer } from './offer.ts';
import type { ForcedState, Pod, PodEnding, PodTiming } from './pod.ts';
import { isBillable, priceAt } from './pod.ts';
import { findPodRule } from './pod-rule.ts';
import type { PodRule } from './pod-rule.ts';
import type { RandomSource } from './random.ts';
import type { Settings } from './settings.ts';

/** What is decided before a pod comes to be. */
export type PodOrder = Pick<
  Pod,
  | 'name'
  | 'userId'
  | 'teamId'
  | 'sharedWithTeam'
  | 'offer'
  | 'sizes'
  | 'image'
  | 'customTemplateId'
  | 'autoRestart'
  | 'diskIds'
  | 'maxPrice'
  | 'request'
  | 'origin'
> & { usdPerHour: number; forced: ForcedState | null };

/** All pods, living and ended, and what can be done to them. */
export class PodBook {
  readonly byId = new Map<string, Pod>();
  readonly #clock: Clock;
  readonly #random: RandomSource;
  readonly #settings: Settings;

  constructor(clock: Clock, random: RandomSource, settings: Settings) {
    this.#clock = clock;
    this.#random = random;
    this.#settings = settings;
  }

  #timing(rule: PodRule | undefined): PodTiming {
    const own = this.#settings;
    const scaled = (ms: number): number => ms / own.timeScale;
    return {
      provisioningMs: scaled(rule?.provisioningMs ?? own.provisioningMs),
      pendingMs: scaled(rule?.pendingMs ?? own.pendingMs),
      installingMs: scaled(rule?.installingMs ?? own.installingMs),
      deletingMs: scaled(rule?.deletingMs ?? own.deletingMs),
      earlySshMs: scaled(rule?.earlySshMs ?? 0),
    };
  }

  create(order: PodOrder): Pod {
    const { usdPerHour, ...rest } = order;
    const nowMs = this.#clock.nowMs();
    const number = this.byId.size + 1;
    const traits = { ...order.offer, name: order.name };
    const rule = findPodRule(this.#settings.podRules, traits);
    const lostAfterMs = rule?.lostAfterMs;
    const pod: Pod = {
      ...rest,
      id: this.#random.hexId(),
      number,
      createdAtMs: nowMs,
      timing: this.#timing(rule),
      outcome: rule?.outcome ?? 'Ready',
      sshShape: rule?.sshShape ?? 'UserHostPort',
      earlySshShape: rule?.earlySshShape ?? 'Null',
      host: this.#settings.sshHost ?? `203.0.113.${String((number % 254) + 1)}`,
      prices: [{ fromMs: nowMs, usdPerHour }],
      deletedAtMs: null,
      endsAtMs: lostAfterMs === undefined ? null : nowMs + lostAfterMs / this.#settings.timeScale,
      ending: lostAfterMs === undefined ? null : { reason: 'SpotLoss', requestNumber: null },
      hiddenUntilMs: 0,
    };
    this.byId.set(pod.id, pod);
    return pod;
  }

  isLive(pod: Pod): boolean {
    return isBillable(pod, this.#clock.nowMs());
  }

  live(): Pod[] {
    return [...this.byId.values()].filter((pod) => this.isLive(pod));
  }

  /** Throws for an id that never was: the mistake is in the test. */
  get(id: string): Pod {
    const pod = this.byId.get(id);
    if (pod === undefined) throw new Error(`no such pod: ${id}`);
    return pod;
  }

  /** Starts the ending that a DELETE asks for; a second DELETE changes nothing. */
  delete(pod: Pod, requestNumber: number): void {
    if (!this.isLive(pod) || pod.deletedAtMs !== null) return;
    const nowMs = this.#clock.nowMs();
    pod.deletedAtMs = nowMs;
    const endMs = nowMs + pod.timing.deletingMs;
    if (pod.endsAtMs !== null && pod.endsAtMs <= endMs) return;
    pod.endsAtMs = endMs;
    pod.ending = { reason: 'Delete', requestNumber };
  }

  /** Ends a pod at once, without a request. */
  end(id: string, reason: PodEnding['reason']): void {
    const pod = this.get(id);
    if (!this.isLive(pod)) return;
    pod.endsAtMs = this.#clock.nowMs();
    pod.ending = { reason, requestNumber: null };
  }

  /** The provider takes the machine back. */
  loseSpot(id: string): void {
    this.end(id, 'SpotLoss');
  }

  /** Puts a state upon a pod; null gives it back to its plan. TERMINATED ends it. */
  force(id: string, forced: ForcedState | null): void {
    const pod = this.get(id);
    if (forced?.status === 'TERMINATED') this.end(id, 'Forced');
    else pod.forced = forced;
  }

  /** Changes the price of a running pod from now on (`isVariable`). */
  changePrice(id: string, usdPerHour: number): void {
    this.get(id).prices.push({ fromMs: this.#clock.nowMs(), usdPerHour });
  }

  priceOf(pod: Pod): number {
    return priceAt(pod, this.#clock.nowMs());
  }

  /** Leaves a pod out of lists for a while. */
  hide(id: string, forMs: number): void {
    this.get(id).hiddenUntilMs = this.#clock.nowMs() + forMs;
  }

  /** Live pods that were rented by this row. */
  liveOf(offer: Offer): number {
    return this.live().filter(
      (pod) =>
        pod.offer.cloudId === offer.cloudId &&
        pod.offer.provider === offer.provider &&
        pod.offer.dataCenter === offer.dataCenter &&
        pod.offer.gpuCount === offer.gpuCount,
    ).length;
  }
}
