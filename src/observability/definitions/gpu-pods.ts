import { PROVISIONING_SECONDS } from './metric-values.ts';
import type { MetricDefinition } from './definition.ts';

/** Metrics of GpuPods: what they cost, how long they take, and what waits. */
export const GPU_POD_METRICS = {
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
    help: 'GpuPods whose instance the operator terminates soon because of a limit (maxLifetime, maxTotalCost, or a lifetime ceiling): their condition Expiring is True. Leader only.',
  },
  unreachable: {
    name: 'gpupod_unreachable_gpupods',
    type: 'gauge',
    labels: ['namespace'],
    help: 'GpuPods with an instance whose SSH server does not answer as it should: their condition Reachable is False. 0 without `--ssh-probe`. Leader only.',
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
} as const satisfies Record<string, MetricDefinition>;
