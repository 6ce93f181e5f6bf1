import { FAST_SECONDS, REQUEST_SECONDS } from './metric-values.ts';
import { SSH_PROBES } from './probe-metric.ts';
import type { MetricDefinition } from './definition.ts';

/** Metrics of the provider: requests, the limiter, offers, probes, and whether it accepts the API key. */
export const PROVIDER_METRICS = {
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
} as const satisfies Record<string, MetricDefinition>;
