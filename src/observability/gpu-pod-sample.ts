/** What the metrics want to know of one GpuPod. Times are wall clock, money is USD. */
export interface GpuPodSample {
  readonly uid: string;
  readonly namespace: string;
  readonly phase: string;
  /** Of the offer that was chosen last. */
  readonly provider?: string;
  readonly gpuType?: string;
  /** The machine that is rented now. */
  readonly instance?: InstanceSample;
  /** Nobody knows yet whether a machine came of its order. */
  readonly hasOpenIntent: boolean;
  /** Attempts on record that have ended. */
  readonly endedAttempts: readonly EndedAttemptSample[];
}

export interface InstanceSample {
  /** Number of the attempt, unique for the object. */
  readonly attempt: number;
  readonly usdPerHour?: number;
  /** Since when it bills. */
  readonly billedSinceMs?: number;
  /** Hours that were charged at once. */
  readonly prepaidHours?: number;
  /** Time from the order until it was ready; undefined: it is not ready yet. */
  readonly readyAfterMs?: number;
}

export interface EndedAttemptSample {
  readonly attempt: number;
  readonly outcome: string;
  readonly costUsd?: number;
}
