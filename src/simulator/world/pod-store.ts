import type { Clock } from '../../clock.ts';
import type { Offer } from './offer.ts';
import type { ForcedState, Pod, PodEnding, PodTiming, Shown } from './pod.ts';
import { isBillable, priceAt } from './pod.ts';
import { findPodRule } from './pod-rule.ts';
import type { PodRule } from './pod-rule.ts';
import type { RandomSource } from './random.ts';
import type { Settings } from './settings.ts';

/** What is decided before an instance is created. */
type NewPod = Pick<
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
  | 'installedKey'
  | 'maxPrice'
  | 'request'
  | 'origin'
> & { usdPerHour: number; forced: ForcedState | null };

/** All instances, live and terminated, and the operations on them. */
export class PodStore {
  readonly byId = new Map<string, Pod>();
  readonly #clock: Clock;
  readonly #random: RandomSource;
  readonly #settings: Settings;

  constructor(clock: Clock, random: RandomSource, settings: Settings) {
    this.#clock = clock;
    this.#random = random;
    this.#settings = settings;
  }

  #scaled(ms: number): number {
    return ms / this.#settings.timeScale;
  }

  #timing(rule: PodRule): PodTiming {
    const own = this.#settings;
    return {
      provisioningMs: this.#scaled(rule.provisioningMs ?? own.provisioningMs),
      pendingMs: this.#scaled(rule.pendingMs ?? own.pendingMs),
      installingMs: this.#scaled(rule.installingMs ?? own.installingMs),
      deletingMs: this.#scaled(rule.deletingMs ?? own.deletingMs),
      earlySshMs: this.#scaled(rule.earlySshMs ?? 0),
      sshLateMs: this.#scaled(rule.sshLateMs ?? 0),
    };
  }

  #plannedEnd({ lostAfterMs }: PodRule): Pick<Pod, 'endsAtMs' | 'ending'> {
    if (lostAfterMs === undefined) {
      return { endsAtMs: null, ending: null };
    }
    const endsAtMs = this.#clock.nowMs() + this.#scaled(lostAfterMs);
    return { endsAtMs, ending: { reason: 'SpotLoss', requestNumber: null } };
  }

  create(planned: NewPod): Pod {
    const { usdPerHour, ...rest } = planned;
    const nowMs = this.#clock.nowMs();
    const number = this.byId.size + 1;
    const rule = findPodRule(this.#settings.podRules, { ...planned.offer, name: planned.name }) ?? {};
    const timing = this.#timing(rule);
    const pod: Pod = {
      ...rest,
      ...this.#plannedEnd(rule),
      id: this.#random.hexId(),
      number,
      createdAtMs: nowMs,
      timing,
      outcome: rule.outcome ?? 'Ready',
      sshShape: rule.sshShape ?? 'UserHostPort',
      earlySshShape: rule.earlySshShape ?? 'Null',
      sshServer: rule.sshServer ?? 'Serves',
      sshPort: null,
      hostKeyChanges: 0,
      host: this.#settings.sshHost ?? `203.0.113.${String((number % 254) + 1)}`,
      shown: { ...shownBy(rule), priceShownLateMs: this.#scaled(rule.priceShownLateMs ?? 0) },
      prices: plannedPrices(nowMs, usdPerHour, rule.activePriceFactor ?? 1, timing),
      renamedTo: null,
      deletedAtMs: null,
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

  /** @throws Error for an unknown ID, which is a mistake in the test. */
  get(id: string): Pod {
    const pod = this.byId.get(id);
    if (pod === undefined) {
      throw new Error(`no such instance: ${id}`);
    }
    return pod;
  }

  /** Starts the termination that a DELETE requests. A second DELETE changes nothing. */
  delete(pod: Pod, requestNumber: number): void {
    if (!this.isLive(pod) || pod.deletedAtMs !== null) {
      return;
    }
    const nowMs = this.#clock.nowMs();
    pod.deletedAtMs = nowMs;
    const endMs = nowMs + pod.timing.deletingMs;
    if (pod.endsAtMs !== null && pod.endsAtMs <= endMs) {
      return;
    }
    pod.endsAtMs = endMs;
    pod.ending = { reason: 'Delete', requestNumber };
  }

  /** Terminates an instance at once, without a request. */
  end(id: string, reason: PodEnding['reason']): void {
    const pod = this.get(id);
    if (!this.isLive(pod)) {
      return;
    }
    pod.endsAtMs = this.#clock.nowMs();
    pod.ending = { reason, requestNumber: null };
  }

  /** The provider reclaims a spot instance. */
  loseSpot(id: string): void {
    this.end(id, 'SpotLoss');
  }

  /** Forces an instance into a state. Null returns it to its normal life cycle. TERMINATED terminates it. */
  force(id: string, forced: ForcedState | null): void {
    const pod = this.get(id);
    if (forced?.status === 'TERMINATED') {
      this.end(id, 'Forced');
    } else {
      pod.forced = forced;
    }
  }

  /** Renames an instance, as a person does on the web page. */
  rename(id: string, name: string): void {
    this.get(id).renamedTo = name;
  }

  /** Gives an instance another SSH host key, as a new installation does. */
  changeHostKey(id: string): void {
    this.get(id).hostKeyChanges += 1;
  }

  /** Changes the price of a running instance from now on (`isVariable`). */
  changePrice(id: string, usdPerHour: number): void {
    this.get(id).prices.push({ fromMs: this.#clock.nowMs(), usdPerHour });
  }

  priceOf(pod: Pod): number {
    return priceAt(pod, this.#clock.nowMs());
  }

  /** Leaves an instance out of lists for a while. */
  hide(id: string, forMs: number): void {
    this.get(id).hiddenUntilMs = this.#clock.nowMs() + forMs;
  }

  /** Live instances that were created from this row. */
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

/** The price may change when the instance becomes ACTIVE. */
function plannedPrices(
  nowMs: number,
  usdPerHour: number,
  factor: number,
  { provisioningMs, pendingMs }: PodTiming,
): Pod['prices'] {
  const first = { fromMs: nowMs, usdPerHour };
  return factor === 1
    ? [first]
    : [first, { fromMs: nowMs + provisioningMs + pendingMs, usdPerHour: usdPerHour * factor }];
}

function shownBy(rule: PodRule): Omit<Shown, 'priceShownLateMs'> {
  return {
    priceShownFrom: rule.priceShownFrom ?? 'Creation',
    nameMaxLength: rule.nameMaxLength ?? Infinity,
    namePrefix: rule.namePrefix ?? '',
    nameCase: rule.nameCase ?? 'Kept',
    nameShown: rule.nameShown ?? true,
  };
}
