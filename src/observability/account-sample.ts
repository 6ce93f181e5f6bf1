/** Name of the account behind the operator's own API key. */
export const OPERATOR_ACCOUNT = 'operator';

/** What the metrics need of one account. */
export interface AccountSample {
  /** `operator`, `GpuAccount/<namespace>/<name>` or `ClusterGpuAccount/<name>`. */
  readonly account: string;
  readonly isReady: boolean;
  /** The reason of its condition Ready. */
  readonly reason: string;
  readonly isSuspended: boolean;
  /** Why the provider refuses the key or the account. */
  readonly refused: ReadonlySet<string>;
  /** Share of each limit that is in use, by the field of `spec.limits`. */
  readonly limitUsage: ReadonlyMap<string, number>;
  /** GpuPods that wait because of the account, by reason. */
  readonly waiting: ReadonlyMap<string, number>;
}
