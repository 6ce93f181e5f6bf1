import type { Panel } from './grafana.ts';
import { byInstallation, OF_OPERATOR, quantile, rate } from './queries.ts';

export const OFFERS: readonly Panel[] = [
  {
    title: 'Offers',
    description: 'In the last answer about each GPU type.',
    type: 'timeseries',
    unit: 'short',
    width: 8,
    queries: [{ expr: `max by (gpu_type) (gpupod_offers{${OF_OPERATOR}})`, legend: '{{gpu_type}}' }],
  },
  {
    title: 'Cheapest price per GPU and hour',
    description: 'In the last answer about each GPU type.',
    type: 'timeseries',
    unit: 'currencyUSD',
    width: 8,
    queries: [
      {
        expr: `min by (gpu_type) (gpupod_offer_min_price_usd_per_gpu_hour{${OF_OPERATOR}})`,
        legend: '{{gpu_type}}',
      },
    ],
  },
  {
    title: 'Offers in a cooldown',
    description: 'Offers that the operator avoids after a failure, by reason.',
    type: 'timeseries',
    unit: 'short',
    width: 8,
    isStacked: true,
    queries: [
      { expr: `sum by (reason) (${byInstallation('gpupod_cooldowns', ', reason')})`, legend: '{{reason}}' },
    ],
  },
];

export const PROVIDER: readonly Panel[] = [
  {
    title: 'Requests per second',
    description: 'Requests to the provider by HTTP status; error: there was no answer.',
    type: 'timeseries',
    unit: 'reqps',
    width: 8,
    queries: [{ expr: rate('gpupod_provider_requests_total', 'code'), legend: '{{code}}' }],
  },
  {
    title: 'Errors and 429 per second',
    description: 'By endpoint. A 429 makes the limiter slower.',
    type: 'timeseries',
    unit: 'reqps',
    width: 8,
    queries: [
      {
        expr: rate('gpupod_provider_requests_total', 'endpoint, method', ', code!~"2..|429"'),
        legend: '{{method}} {{endpoint}}',
      },
      { expr: rate('gpupod_provider_requests_total', 'code', ', code="429"'), legend: '429' },
    ],
  },
  {
    title: 'Latency (99 of 100 requests)',
    description: 'How long requests to the provider take, by endpoint.',
    type: 'timeseries',
    unit: 's',
    width: 8,
    queries: [
      {
        expr: quantile(0.99, 'gpupod_provider_request_duration_seconds', ', endpoint, method'),
        legend: '{{method}} {{endpoint}}',
      },
    ],
  },
  {
    title: 'Limiter',
    description: 'Requests per second that the limiter allows, and requests that wait for it.',
    type: 'timeseries',
    unit: 'short',
    width: 12,
    queries: [
      { expr: byInstallation('gpupod_provider_allowed_requests_per_second'), legend: 'allowed per second' },
      {
        expr: `sum by (priority) (gpupod_provider_limiter_waiting_requests{${OF_OPERATOR}})`,
        legend: 'waiting: {{priority}}',
      },
    ],
  },
  {
    title: 'Key or account refused',
    description: '1 while there is no key, or while the provider refuses the key or the account.',
    type: 'timeseries',
    unit: 'short',
    width: 12,
    queries: [
      {
        expr: `max by (account, reason) (${byInstallation('gpupod_account_refused', ', account, reason')} > 0)`,
        legend: '{{account}} {{reason}}',
      },
    ],
  },
];
