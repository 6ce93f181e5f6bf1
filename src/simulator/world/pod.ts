import type { InstallationStatus, PodStatus } from './enums.ts';
import type { Offer } from './offer.ts';
import type { Outcome, PodRule, SshShape } from './pod-rule.ts';
import type { PodSizes } from './price.ts';

/** Why and by what a pod ended. */
export interface PodEnding {
  reason: 'Delete' | 'SpotLoss' | 'EmptyWallet' | 'Forced';
  /** Number of the request that asked for it, where one did. */
  requestNumber: number | null;
}

/** A state that was put upon a pod from outside its plan. */
export interface ForcedState {
  status: PodStatus;
  installationStatus?: InstallationStatus | undefined;
  installationFailure?: string | undefined;
  sshShape?: SshShape | undefined;
}

/** What answers show of a pod's name and price. */
export interface Shown {
  readonly priceShownFrom: NonNullable<PodRule['priceShownFrom']>;
  /** Scaled already. */
  readonly priceShownLateMs: number;
  readonly nameMaxLength: number;
  readonly namePrefix: string;
  readonly nameCase: NonNullable<PodRule['nameCase']>;
  readonly nameShown: boolean;
}

/** How long each stage takes, scaled already. */
export interface PodTiming {
  provisioningMs: number;
  pendingMs: number;
  installingMs: number;
  deletingMs: number;
  earlySshMs: number;
}

/** Everything about one pod. Its state at a time is computed from it (`pod-state.ts`), never stored. */
export interface Pod {
  readonly id: string;
  readonly number: number;
  /** As it was ordered; what answers show of it is another matter. */
  readonly name: string;
  readonly userId: string;
  readonly teamId: string | null;
  readonly sharedWithTeam: boolean;
  readonly offer: Offer;
  readonly sizes: PodSizes;
  readonly image: string;
  readonly customTemplateId: string | null;
  readonly autoRestart: boolean | null;
  readonly diskIds: readonly string[];
  readonly maxPrice: number | null;
  /** The create body as it was sent; null for a planted pod. */
  readonly request: unknown;
  readonly origin: 'Api' | 'Planted';
  readonly createdAtMs: number;
  readonly timing: PodTiming;
  readonly outcome: Outcome;
  readonly sshShape: SshShape;
  readonly earlySshShape: SshShape;
  readonly host: string;
  readonly shown: Shown;
  /** Price changes in order; the first is at creation. */
  readonly prices: { fromMs: number; usdPerHour: number }[];
  forced: ForcedState | null;
  /** What a person called it on the web page; null = what it was ordered as. */
  renamedTo: string | null;
  deletedAtMs: number | null;
  /** The moment it ends or ended; may lie ahead. Null while none is set. */
  endsAtMs: number | null;
  ending: PodEnding | null;
  /** Lists leave it out before this time. */
  hiddenUntilMs: number;
}

/** USD per hour at a time. */
export function priceAt(pod: Pod, nowMs: number): number {
  return pod.prices.findLast((change) => change.fromMs <= nowMs)?.usdPerHour ?? 0;
}

/** True from creation until it has ended: what costs money. */
export function isBillable(pod: Pod, nowMs: number): boolean {
  return pod.createdAtMs <= nowMs && (pod.endsAtMs === null || nowMs < pod.endsAtMs);
}

/** The name as answers show it, null where they show none. */
export function shownName({ name, shown, renamedTo }: Pod): string | null {
  if (renamedTo !== null) return renamedTo;
  if (!shown.nameShown) return null;
  const whole = `${shown.namePrefix}${inCase(name, shown.nameCase)}`;
  return whole.slice(0, shown.nameMaxLength);
}

function inCase(name: string, nameCase: Shown['nameCase']): string {
  if (nameCase === 'Kept') return name;
  return nameCase === 'Upper' ? name.toUpperCase() : name.toLowerCase();
}
