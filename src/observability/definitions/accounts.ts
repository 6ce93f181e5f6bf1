import { ACCOUNT_REFUSALS, CREATE_OUTCOMES, REQUEST_CODES } from './metric-values.ts';
import type { MetricDefinition } from './definition.ts';

/**
 * Metrics of accounts. The label `account` is `operator` for the operator's own API key, else
 * `GpuAccount/<namespace>/<name>` or `ClusterGpuAccount/<name>`.
 */
export const ACCOUNT_METRICS = {
  accountReady: {
    name: 'gpupod_account_ready',
    type: 'gauge',
    labels: ['account', 'reason'],
    help: '1 where the condition Ready of the account is True, else 0; one series for each account, with the present reason. Leader only.',
  },
  accountSuspended: {
    name: 'gpupod_account_suspended',
    type: 'gauge',
    labels: ['account'],
    help: '1 where suspend of the account is true, else 0. Leader only.',
  },
  accountRefused: {
    name: 'gpupod_account_refused',
    type: 'gauge',
    labels: ['account', 'reason'],
    help: `1 while the account has no API key, or while the provider refuses the key or the account, by reason: ${ACCOUNT_REFUSALS.join(', ')}. GpuPods wait meanwhile, and instances keep billing. Series that are 0 exist for the account operator only. Leader only.`,
  },
  accountInstances: {
    name: 'gpupod_account_instances',
    type: 'gauge',
    labels: ['account'],
    help: 'Instances of GpuPods that the account pays for. Leader only.',
  },
  accountGpus: {
    name: 'gpupod_account_gpus',
    type: 'gauge',
    labels: ['account'],
    help: 'GPUs of these instances. Leader only.',
  },
  accountPrice: {
    name: 'gpupod_account_price_usd_per_hour',
    type: 'gauge',
    labels: ['account'],
    help: 'Price of these instances together, in USD per hour. Leader only.',
  },
  accountLimitUsage: {
    name: 'gpupod_account_limit_usage_ratio',
    type: 'gauge',
    labels: ['account', 'limit'],
    help: 'Share of a limit that is in use, 1 where it is reached, by the field of spec.limits; for a limit per namespace, that of the fullest namespace. Instances without a GpuPod, open create requests and prepaid hours count. Only for limits that are set. Leader only.',
  },
  accountWaiting: {
    name: 'gpupod_account_waiting_gpupods',
    type: 'gauge',
    labels: ['account', 'reason'],
    help: 'GpuPods without an instance that wait because of the account that would pay, by reason of their condition Synced; only where there are any. Leader only.',
  },
  accountCreates: {
    name: 'gpupod_account_create_requests_total',
    type: 'counter',
    labels: ['account', 'outcome'],
    help: `Create requests that left, by outcome: ${CREATE_OUTCOMES.join(', ')}. Leader only.`,
  },
  accountRequests: {
    name: 'gpupod_account_provider_requests_total',
    type: 'counter',
    labels: ['account', 'code'],
    help: `Requests to the provider with the API key of the account; code is ${REQUEST_CODES.join(', ')}, where 4xx is without 429, and error means that there was no answer. Leader only.`,
  },
} as const satisfies Record<string, MetricDefinition>;
