import { FAST_SECONDS } from './metric-values.ts';
import type { MetricDefinition } from './definition.ts';

/** Metrics of the process: leadership, queues, requests to the Kubernetes API, watches and events. */
export const PROCESS_METRICS = {
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
} as const satisfies Record<string, MetricDefinition>;
