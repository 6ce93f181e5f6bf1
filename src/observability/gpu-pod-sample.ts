/** What the metrics need of one GpuPod. Times are wall clock times, and money is in USD. */
export interface GpuPodSample {
  readonly uid: string;
  readonly namespace: string;
  readonly phase: string;
  /** The upstream provider of the offer that was chosen last. */
  readonly provider?: string;
  readonly gpuType?: string;
  /** The current instance. */
  readonly instance?: InstanceSample;
  /** The outcome of its create request is unknown. */
  readonly hasOpenIntent: boolean;
  /** When its deletion was requested, if the operator has not released it yet. */
  readonly deletingSinceMs?: number;
  /** Its condition Expiring is True. */
  readonly isExpiring: boolean;
  /** It has an instance, and its condition Reachable is False. */
  readonly isUnreachable: boolean;
  /** Recorded attempts that have ended. */
  readonly endedAttempts: readonly EndedAttemptSample[];
}

export interface InstanceSample {
  /** The account that pays, as the label `account` has it. */
  readonly account: string;
  readonly gpus: number;
  /** The number of the attempt, unique for the GpuPod. */
  readonly attempt: number;
  readonly usdPerHour?: number;
  /** What the provider bills above the cap. */
  readonly aboveCapUsdPerHour?: number;
  /** When billing started. */
  readonly billedSinceMs?: number;
  /** Hours that were charged at once. */
  readonly prepaidHours?: number;
  /** Time from the create intent until the instance was ready, or undefined while it is not. */
  readonly readyAfterMs?: number;
}

export interface EndedAttemptSample {
  readonly attempt: number;
  readonly outcome: string;
  readonly costUsd?: number;
}
