import type { InstallationStatus, PodStatus } from './enums.ts';
import type { Offer } from './offer.ts';
import type { Outcome, PodRule, SshServerRule, SshShape } from './pod-rule.ts';
import type { PodSizes } from './price.ts';

/** Why an instance terminated. */
export interface PodEnding {
  reason: 'Delete' | 'SpotLoss' | 'EmptyWallet' | 'Forced';
  /** The number of the request that asked for it, if there was one. */
  requestNumber: number | null;
}

/** A state that is forced on an instance. */
export interface ForcedState {
  status: PodStatus;
  installationStatus?: InstallationStatus | undefined;
  installationFailure?: string | undefined;
  sshShape?: SshShape | undefined;
}

/** How answers show the name and the price of an instance. */
export interface Shown {
  readonly priceShownFrom: NonNullable<PodRule['priceShownFrom']>;
  /** Already scaled. */
  readonly priceShownLateMs: number;
  readonly nameMaxLength: number;
  readonly namePrefix: string;
  readonly nameCase: NonNullable<PodRule['nameCase']>;
  readonly nameShown: boolean;
}

/** How long each stage takes, already scaled. */
export interface PodTiming {
  provisioningMs: number;
  pendingMs: number;
  installingMs: number;
  deletingMs: number;
  earlySshMs: number;
  sshLateMs: number;
}

/** Everything about one instance. Its state at a time is computed (`pod-state.ts`), never stored. */
export interface Pod {
  readonly id: string;
  readonly number: number;
  /** As requested. Answers may show another name. */
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
  /** The public key that may log in, as one line of text, or null if the account had none. */
  readonly installedKey: string | null;
  readonly maxPrice: number | null;
  /** The create body as sent, or null for a planted instance. */
  readonly request: unknown;
  readonly origin: 'Api' | 'Planted';
  readonly createdAtMs: number;
  readonly timing: PodTiming;
  readonly outcome: Outcome;
  readonly sshShape: SshShape;
  readonly earlySshShape: SshShape;
  readonly host: string;
  readonly sshServer: SshServerRule;
  readonly shown: Shown;
  /** Price changes, oldest first. The first is at creation. */
  readonly prices: { fromMs: number; usdPerHour: number }[];
  forced: ForcedState | null;
  /** The name that a person gave it on the web page, or null. */
  renamedTo: string | null;
  /** The port of its SSH server on loopback, or null while none runs. */
  sshPort: number | null;
  /** How often its host key has changed. */
  hostKeyChanges: number;
  deletedAtMs: number | null;
  /** When it terminates or terminated, possibly in the future. Null while no end is planned. */
  endsAtMs: number | null;
  ending: PodEnding | null;
  /** Lists leave it out before this time. */
  hiddenUntilMs: number;
}

/** USD per hour at a time. */
export function priceAt(pod: Pod, nowMs: number): number {
  return pod.prices.findLast((change) => change.fromMs <= nowMs)?.usdPerHour ?? 0;
}

/** True from creation to termination: the time that costs money. */
export function isBillable(pod: Pod, nowMs: number): boolean {
  return pod.createdAtMs <= nowMs && (pod.endsAtMs === null || nowMs < pod.endsAtMs);
}

/** The name as answers show it, or null if they show none. */
export function shownName({ name, shown, renamedTo }: Pod): string | null {
  if (renamedTo !== null) {
    return renamedTo;
  }
  if (!shown.nameShown) {
    return null;
  }
  const whole = `${shown.namePrefix}${inCase(name, shown.nameCase)}`;
  return whole.slice(0, shown.nameMaxLength);
}

function inCase(name: string, nameCase: Shown['nameCase']): string {
  if (nameCase === 'Kept') {
    return name;
  }
  return nameCase === 'Upper' ? name.toUpperCase() : name.toLowerCase();
}
