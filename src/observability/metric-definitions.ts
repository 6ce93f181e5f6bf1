/** One metric, as Prometheus and the reference show it. */
export interface MetricDefinition {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly labels: readonly string[];
  readonly help: string;
  /** All values of the only label, where they are known: each series is there as 0 before it first happens. */
  readonly values?: readonly string[];
  /** Upper bounds of a histogram. */
  readonly buckets?: readonly number[];
}

const FAST_SECONDS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30, 60];
const REQUEST_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const PROVISIONING_SECONDS = [15, 30, 60, 120, 180, 300, 600, 900, 1200, 1800, 3600];

/**
 * Every metric of the operator; those of the process (`nodejs_`, `process_`) come from the library. No label holds a
 * name or id of a GpuPod or a machine: the number of series stays small however many come and go.
 */
export const METRICS = {
  buildInfo: {
    name: 'gpupod_build_info',
    type: 'gauge',
    labels: ['version'],
    help: 'Always 1; the version of the operator is in the label.',
  },
  leader: {
    name: 'gpupod_leader',
    type: 'gauge',
    labels: [],
    help: '1 while this process does the work, 0 on a standby.',
  },
  reconciles: {
    name: 'gpupod_reconcile_total',
    type: 'counter',
    labels: ['result'],
    values: ['done', 'retry', 'error'],
    help: 'Passes over a GpuPod, by result: done, retry (somebody else wrote meanwhile), error.',
  },
  reconcileDuration: {
    name: 'gpupod_reconcile_duration_seconds',
    type: 'histogram',
    labels: [],
    buckets: FAST_SECONDS,
    help: 'How long a pass over a GpuPod took.',
  },
  queueDepth: {
    name: 'gpupod_queue_depth',
    type: 'gauge',
    labels: [],
    help: 'GpuPods that wait for a worker.',
  },
  queueRetries: {
    name: 'gpupod_queue_retries_total',
    type: 'counter',
    labels: [],
    help: 'GpuPods that were put back into the queue after a failure or a conflict.',
  },
  queueWait: {
    name: 'gpupod_queue_wait_seconds',
    type: 'histogram',
    labels: [],
    buckets: FAST_SECONDS,
    help: 'How long a GpuPod waited for a worker.',
  },
  queueWork: {
    name: 'gpupod_queue_work_seconds',
    type: 'histogram',
    labels: [],
    buckets: FAST_SECONDS,
    help: 'How long a worker had a GpuPod.',
  },
  watchAge: {
    name: 'gpupod_watch_last_event_age_seconds',
    type: 'gauge',
    labels: [],
    help: 'Time since the API server last gave a sign of life on the watch; +Inf before the first. About a minute is normal.',
  },
  watchLists: {
    name: 'gpupod_watch_lists_total',
    type: 'counter',
    labels: [],
    help: 'Complete lists of GpuPods that were taken over.',
  },
  watchEnds: {
    name: 'gpupod_watch_ends_total',
    type: 'counter',
    labels: ['reason'],
    values: ['ended', 'expired', 'idle', 'garbage', 'failed'],
    help: 'Watches that ended: ended and expired in good order, idle, garbage and failed not.',
  },
  eventsDropped: {
    name: 'gpupod_events_dropped_total',
    type: 'counter',
    labels: ['reason'],
    values: ['rate', 'queue', 'refused'],
    help: 'Kubernetes Events that were not written: rate, queue, refused.',
  },
  providerRequests: {
    name: 'gpupod_provider_requests_total',
    type: 'counter',
    labels: ['endpoint', 'method', 'code'],
    help: 'Requests to the provider; code is the HTTP status, or error where there was no answer.',
  },
  providerDuration: {
    name: 'gpupod_provider_request_duration_seconds',
    type: 'histogram',
    labels: ['endpoint', 'method'],
    buckets: REQUEST_SECONDS,
    help: 'How long requests to the provider took.',
  },
  providerRate: {
    name: 'gpupod_provider_allowed_requests_per_second',
    type: 'gauge',
    labels: [],
    help: 'Requests per second that the limiter lets through at present; it falls when the provider answers 429.',
  },
  limiterTokens: {
    name: 'gpupod_provider_limiter_tokens',
    type: 'gauge',
    labels: [],
    help: 'Requests that the limiter would let through at once.',
  },
  limiterWaiting: {
    name: 'gpupod_provider_limiter_waiting_requests',
    type: 'gauge',
    labels: ['priority'],
    values: ['delete', 'create', 'read'],
    help: 'Requests that wait for the limiter, by priority: delete goes before create, and create before read.',
  },
  limiterWait: {
    name: 'gpupod_provider_limiter_wait_seconds',
    type: 'histogram',
    labels: ['priority'],
    values: ['delete', 'create', 'read'],
    buckets: FAST_SECONDS,
    help: 'How long requests waited for the limiter.',
  },
  offers: {
    name: 'gpupod_offers',
    type: 'gauge',
    labels: ['gpu_type'],
    help: 'Offers in the last answer about this GPU type.',
  },
  skippedOfferRows: {
    name: 'gpupod_offer_rows_skipped',
    type: 'gauge',
    labels: ['gpu_type'],
    help: 'Rows in the last answer about this GPU type that could not be read, and were left out.',
  },
  cheapestOffer: {
    name: 'gpupod_offer_min_price_usd_per_gpu_hour',
    type: 'gauge',
    labels: ['gpu_type'],
    help: 'Cheapest offer in the last answer about this GPU type, in USD per hour and GPU; absent where there was none.',
  },
  gpuPods: {
    name: 'gpupod_gpupods',
    type: 'gauge',
    labels: ['namespace', 'phase', 'provider', 'gpu_type'],
    help: 'GpuPods. Leader only.',
  },
  pricePerHour: {
    name: 'gpupod_price_usd_per_hour',
    type: 'gauge',
    labels: ['namespace'],
    help: 'What the machines that are rented now cost together, in USD per hour. Leader only.',
  },
  livingCost: {
    name: 'gpupod_living_cost_usd',
    type: 'gauge',
    labels: ['namespace'],
    help: 'What the GpuPods that exist now have cost so far, in USD: the same after a restart, less when one is deleted. Leader only.',
  },
  spent: {
    name: 'gpupod_spent_usd_total',
    type: 'counter',
    labels: ['namespace'],
    help: 'USD spent, carried on by each process that leads. An estimate from prices and times. Leader only.',
  },
  attempts: {
    name: 'gpupod_attempts_total',
    type: 'counter',
    labels: ['outcome'],
    values: ['Refused', 'NotCreated', 'Failed', 'Ended', 'Released'],
    help: 'Attempts to rent that ended: Refused, NotCreated, Failed, Ended, Released.',
  },
  unresolvedOrders: {
    name: 'gpupod_unresolved_orders',
    type: 'gauge',
    labels: [],
    help: 'Orders of which nobody knows yet whether a machine came of them. Leader only.',
  },
  timeToReady: {
    name: 'gpupod_time_to_ready_seconds',
    type: 'histogram',
    labels: [],
    buckets: PROVISIONING_SECONDS,
    help: 'Time from the order of a machine until it was ready.',
  },
  listsComplete: {
    name: 'gpupod_wallet_list_complete',
    type: 'gauge',
    labels: ['team'],
    help: '1 where the last list of all instances of a wallet was complete, 0 where it failed: GpuPods of that team wait for it. The team is empty for what no team pays.',
  },
  unreadableRows: {
    name: 'gpupod_wallet_unreadable_rows',
    type: 'gauge',
    labels: ['team'],
    help: 'Instances in the last list of a wallet whose id or name cannot be read: orders of unknown outcome in this wallet wait for them.',
  },
  strays: {
    name: 'gpupod_stray_pods',
    type: 'gauge',
    labels: [],
    help: 'Surplus machines of existing GpuPods in the last sweep; they are ended.',
  },
  orphans: {
    name: 'gpupod_orphan_pods',
    type: 'gauge',
    labels: [],
    help: 'Machines of this installation in the last sweep that belong to no GpuPod. They bill.',
  },
  coolDowns: {
    name: 'gpupod_cool_downs',
    type: 'gauge',
    labels: ['reason'],
    values: [
      'NoCapacity',
      'AboveMaxPrice',
      'NotAsOrdered',
      'InvalidRequest',
      'TemplateIncompatible',
      'OtherRefusal',
      'NotCreated',
      'ProvisioningTimedOut',
      'InstallFailed',
      'Forbidden',
      'QuotaExceeded',
    ],
    help: 'Offers that are left alone for a while, by why.',
  },
  unownedPrice: {
    name: 'gpupod_unowned_price_usd_per_hour',
    type: 'gauge',
    labels: ['kind'],
    values: ['retained', 'released', 'orphaned'],
    help: 'What instances cost an hour that bill and belong to no GpuPod: retained, released by force without a proof of their end, orphaned.',
  },
} as const satisfies Record<string, MetricDefinition>;
