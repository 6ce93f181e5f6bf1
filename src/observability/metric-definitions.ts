import { COOLDOWN_REASONS, FAST_SECONDS, PROVISIONING_SECONDS, REQUEST_SECONDS } from './metric-values.ts';
import { SSH_PROBES } from './probe-metric.ts';

/** One metric, as Prometheus and the reference show it. */
export interface MetricDefinition {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly labels: readonly string[];
  readonly help: string;
  /** All values of the only label, if they are known. Each of these series starts as 0. */
  readonly values?: readonly string[];
  /** Upper bounds of a histogram. */
  readonly buckets?: readonly number[];
}

/**
 * Every metric of the operator. The library adds those of the process (`nodejs_`, `process_`). No label
 * holds the name or ID of a GpuPod or an instance, so the number of series stays small.
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
    help: '1 while this process leads, 0 on a standby.',
  },
  reconciles: {
    name: 'controller_runtime_reconcile_total',
    type: 'counter',
    labels: ['controller', 'result'],
    help: 'Reconciliations, by controller (gpupod: the GpuPods; housekeeping: polls, inventories, sweeps) and result: success, requeue_after, requeue (such as a write conflict), error.',
  },
  reconcileDuration: {
    name: 'controller_runtime_reconcile_time_seconds',
    type: 'histogram',
    labels: ['controller'],
    buckets: FAST_SECONDS,
    help: 'How long a reconciliation took.',
  },
  queueDepth: {
    name: 'workqueue_depth',
    type: 'gauge',
    labels: ['name'],
    help: 'Keys that wait for a worker; the name is that of the controller.',
  },
  queueAdds: {
    name: 'workqueue_adds_total',
    type: 'counter',
    labels: ['name'],
    help: 'Keys that came into the queue; one that waits already is not counted again.',
  },
  queueWait: {
    name: 'workqueue_queue_duration_seconds',
    type: 'histogram',
    labels: ['name'],
    buckets: FAST_SECONDS,
    help: 'How long a key waited for a worker.',
  },
  queueWork: {
    name: 'workqueue_work_duration_seconds',
    type: 'histogram',
    labels: ['name'],
    buckets: FAST_SECONDS,
    help: 'How long a worker was busy with a key.',
  },
  queueRetries: {
    name: 'workqueue_retries_total',
    type: 'counter',
    labels: ['name'],
    help: 'Keys that went back into the queue after a failure or a conflict.',
  },
  apiRequests: {
    name: 'rest_client_requests_total',
    type: 'counter',
    labels: ['code', 'method'],
    help: 'Requests to the Kubernetes API; code is the HTTP status, or <error> where there was no answer.',
  },
  watchAge: {
    name: 'gpupod_watch_last_event_age_seconds',
    type: 'gauge',
    labels: [],
    help: 'Time since the API server last sent anything on the watch; +Inf before the first time. About a minute is normal.',
  },
  watchLists: {
    name: 'gpupod_watch_lists_total',
    type: 'counter',
    labels: [],
    help: 'Complete lists of GpuPods that the operator read.',
  },
  watchEnds: {
    name: 'gpupod_watch_ends_total',
    type: 'counter',
    labels: ['reason'],
    values: ['ended', 'expired', 'idle', 'garbage', 'failed'],
    help: 'Watches that are over, by reason: ended and expired are normal; idle, garbage and failed are not.',
  },
  eventsDropped: {
    name: 'gpupod_events_dropped_total',
    type: 'counter',
    labels: ['reason'],
    values: ['rate', 'burst', 'queue', 'refused'],
    help: 'Kubernetes Events that the operator did not write, by reason: rate (about one object), burst (Rented and Ready), queue, refused.',
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
    help: 'Requests per second that the limiter allows now; it falls when the provider answers 429.',
  },
  limiterTokens: {
    name: 'gpupod_provider_limiter_tokens',
    type: 'gauge',
    labels: [],
    help: 'Requests that the limiter would allow at once.',
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
    help: 'Rows in the last answer about this GPU type that the operator could not read and skipped.',
  },
  cheapestOffer: {
    name: 'gpupod_offer_min_price_usd_per_gpu_hour',
    type: 'gauge',
    labels: ['gpu_type'],
    help: 'Cheapest offer in the last answer about this GPU type, in USD per hour and GPU; absent where there was none.',
  },
  offerFailures: {
    name: 'gpupod_offer_failures_total',
    type: 'counter',
    labels: ['provider', 'gpu_type', 'reason'],
    help: `Refused create requests and instances that failed before they were ready, by upstream provider, GPU type and reason. Reasons are those of \`gpupod_cooldowns\`.`,
  },
  sshProbes: SSH_PROBES,
  accountRefused: {
    name: 'gpupod_account_refused',
    type: 'gauge',
    labels: ['reason'],
    values: ['CredentialsMissing', 'Unauthorized', 'PaymentRequired', 'Forbidden', 'QuotaExceeded'],
    help: '1 while there is no API key, or while the provider refuses the key or the account, by reason. GpuPods wait meanwhile, and instances keep billing. Leader only.',
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
    help: 'Price of all instances of GpuPods together, in USD per hour. Leader only.',
  },
  aboveCap: {
    name: 'gpupod_price_above_cap_usd_per_hour',
    type: 'gauge',
    labels: ['namespace'],
    help: 'How much the provider bills above the caps of GpuPods, in USD per hour. Leader only.',
  },
  oldestInstance: {
    name: 'gpupod_oldest_instance_age_seconds',
    type: 'gauge',
    labels: ['namespace'],
    help: 'Age of the oldest instance of a GpuPod; 0 where there is none. Leader only.',
  },
  oldestDeletion: {
    name: 'gpupod_oldest_deletion_age_seconds',
    type: 'gauge',
    labels: ['namespace'],
    help: 'Time since the deletion of a GpuPod that the operator has not released yet, the longest of them; 0 where there is none. Leader only.',
  },
  reserved: {
    name: 'gpupod_reserved_usd_per_hour',
    type: 'gauge',
    labels: [],
    help: 'What counts towards `--max-total-price-per-hour`: instances with and without a GpuPod, open create requests, and prepaid hours. 0 before the first complete list. Leader only.',
  },
  totalLimit: {
    name: 'gpupod_max_total_price_usd_per_hour',
    type: 'gauge',
    labels: [],
    help: 'The setting `--max-total-price-per-hour`; 0 where it is not set.',
  },
  expiring: {
    name: 'gpupod_expiring_gpupods',
    type: 'gauge',
    labels: ['namespace'],
    help: 'GpuPods whose instance a limit (maxLifetime, maxTotalCost) ends soon: their condition Expiring is True. Leader only.',
  },
  livingCost: {
    name: 'gpupod_living_cost_usd',
    type: 'gauge',
    labels: ['namespace'],
    help: 'What the existing GpuPods have cost so far, in USD. It survives a restart, and falls when a GpuPod is deleted. Leader only.',
  },
  spent: {
    name: 'gpupod_spent_usd_total',
    type: 'counter',
    labels: ['namespace'],
    help: 'USD spent, an estimate from prices and times. Each leader continues the count. Leader only.',
  },
  attempts: {
    name: 'gpupod_attempts_total',
    type: 'counter',
    labels: ['outcome'],
    values: ['Refused', 'NotCreated', 'Failed', 'Ended', 'Released'],
    help: 'Attempts that are over, by outcome: Refused, NotCreated, Failed, Ended, Released.',
  },
  openIntents: {
    name: 'gpupod_open_create_intents',
    type: 'gauge',
    labels: [],
    help: 'Create requests with an unknown outcome. Leader only.',
  },
  timeToReady: {
    name: 'gpupod_time_to_ready_seconds',
    type: 'histogram',
    labels: [],
    buckets: PROVISIONING_SECONDS,
    help: 'Time from the create intent until the instance was ready.',
  },
  listsComplete: {
    name: 'gpupod_wallet_list_complete',
    type: 'gauge',
    labels: ['team'],
    help: "1 where the last inventory of a wallet succeeded, 0 where it failed: GpuPods of that team wait for it. The team is empty for the user's own wallet.",
  },
  unreadableRows: {
    name: 'gpupod_wallet_unreadable_rows',
    type: 'gauge',
    labels: ['team'],
    help: 'Instances in the last list of a wallet whose ID or name cannot be read: create requests with an unknown outcome in this wallet wait for them.',
  },
  duplicates: {
    name: 'gpupod_duplicate_instances',
    type: 'gauge',
    labels: [],
    help: 'Duplicates in the last sweep: surplus instances of existing GpuPods. The operator terminates them.',
  },
  orphans: {
    name: 'gpupod_orphan_instances',
    type: 'gauge',
    labels: [],
    help: 'Orphans in the last sweep: instances of this installation that belong to no GpuPod. They bill.',
  },
  cooldowns: {
    name: 'gpupod_cooldowns',
    type: 'gauge',
    labels: ['reason'],
    values: COOLDOWN_REASONS,
    help: 'Offers in a cooldown, by reason.',
  },
  unownedPrice: {
    name: 'gpupod_unowned_price_usd_per_hour',
    type: 'gauge',
    labels: ['kind'],
    values: ['retained', 'released', 'orphaned'],
    help: 'Price of instances that bill and belong to no GpuPod, in USD per hour, by kind: retained, released (by force, without proof that they are terminated), orphaned.',
  },
} as const satisfies Record<string, MetricDefinition>;
