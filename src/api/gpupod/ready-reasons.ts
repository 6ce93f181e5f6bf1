/** A reason: the status that belongs to it, when it is set, and what a person can do. */
export interface ReasonEntry {
  readonly status: 'True' | 'False' | 'Unknown';
  readonly meaning: string;
}

/** The reasons of the condition Ready, which people read first. */
export const READY_REASONS = {
  Available: {
    status: 'True',
    meaning: 'The instance is active, installed, and has a usable SSH endpoint.',
  },
  Pending: {
    status: 'False',
    meaning:
      'No instance exists yet, and nothing bills, unless `Stalled` says ForeignIntent. The message names the obstacle, if there is one.',
  },
  NoMatchingOffer: {
    status: 'False',
    meaning:
      'No offer fits now. Waiting costs nothing. `status.rejections` counts the reasons, and `status.hint` says what to relax.',
  },
  CreateUncertain: {
    status: 'False',
    meaning:
      'The create request has an unknown outcome, so an instance may exist and bill. The operator looks it up by name and creates no other meanwhile.',
  },
  Provisioning: { status: 'False', meaning: 'The instance exists and is starting. It bills.' },
  Installing: {
    status: 'False',
    meaning:
      'The instance is active, and its image is still being installed or its SSH endpoint is missing. It bills.',
  },
  PriceUnknown: {
    status: 'False',
    meaning:
      'The instance is active, but the provider states no price for it. It bills. It becomes ready when the operator has read a price that fits the cap; `provisioningTimeout` limits the wait.',
  },
  Unreachable: {
    status: 'False',
    meaning:
      'The instance is active and installed, but its SSH server has not answered yet, as `readiness` Reachable demands. It bills. `provisioningTimeout` limits the wait.',
  },
  Interrupted: {
    status: 'False',
    meaning:
      'The provider terminated an instance that was ready (spot loss, empty wallet). To rent again, set `suspend` to true and back, or set a new `gpupod.dev/reconcile-requested-at`.',
  },
  Lost: {
    status: 'False',
    meaning:
      'The provider no longer lists an instance that was ready; it may bill. The operator does not rent another by itself: request it as for Interrupted.',
  },
  Expired: {
    status: 'False',
    meaning:
      'The instance reached `maxLifetime`, and the operator terminated it. To rent again, raise `maxLifetime`, set `suspend` to true and back, or set a new `gpupod.dev/reconcile-requested-at`.',
  },
  CostLimitReached: {
    status: 'False',
    meaning:
      'All attempts together cost `maxTotalCost`, and no instance runs any more. Raise `maxTotalCost` to rent again.',
  },
  Failed: {
    status: 'False',
    meaning:
      'The provider reports an error for an instance that was ready. The operator keeps it, and it may bill. To terminate it, delete or suspend the GpuPod.',
  },
  Stopped: {
    status: 'False',
    meaning: 'The provider stopped the instance. It bills. To terminate it, delete or suspend the GpuPod.',
  },
  Terminating: {
    status: 'False',
    meaning:
      'The operator is terminating the instance, and the provider has not confirmed it yet. It may still bill.',
  },
  Suspended: { status: 'False', meaning: '`suspend` is true, and no instance exists.' },
  Terminated: { status: 'False', meaning: 'The instance is terminated.' },
  Released: {
    status: 'False',
    meaning:
      'The operator released the GpuPod (`Retain`, or force-release), and another finalizer holds it. The instance keeps billing, or may: check it at the provider.',
  },
  Deleting: {
    status: 'False',
    meaning:
      'The GpuPod is being deleted. It stays until the provider confirms that the instance is terminated; with `Retain`, until the price of an instance that was never ready is known.',
  },
  Stale: {
    status: 'Unknown',
    meaning: 'The provider has not reported on the instance for a while. It may run, and it may bill.',
  },
} as const satisfies Record<string, ReasonEntry>;
