import type { Panel } from './grafana.ts';
import { byInstallation, byNamespace, spent } from './queries.ts';

export const MONEY: readonly Panel[] = [
  {
    title: 'Cost per hour',
    description: 'All instances of GpuPods.',
    type: 'stat',
    unit: 'currencyUSD',
    width: 6,
    queries: [{ expr: `sum(${byNamespace('gpupod_price_usd_per_hour')})`, legend: 'USD per hour' }],
  },
  {
    title: 'Spent in the selected time',
    description: "An estimate from prices and times; the provider's bill counts.",
    type: 'stat',
    unit: 'currencyUSD',
    width: 6,
    queries: [{ expr: `sum(${spent('$__range')})`, legend: 'USD' }],
  },
  {
    title: 'Without a GpuPod, per hour',
    description: 'Instances that bill and belong to no GpuPod: retained, released by force, orphaned.',
    type: 'stat',
    unit: 'currencyUSD',
    width: 6,
    queries: [
      {
        expr: `sum by (kind) (${byInstallation('gpupod_unowned_price_usd_per_hour', ', kind')})`,
        legend: '{{kind}}',
      },
    ],
  },
  {
    title: 'Above the caps, per hour',
    description: 'What the provider bills above the caps of GpuPods. Instances that were ready are kept.',
    type: 'stat',
    unit: 'currencyUSD',
    width: 6,
    queries: [{ expr: `sum(${byNamespace('gpupod_price_above_cap_usd_per_hour')})`, legend: 'USD per hour' }],
  },
  {
    title: 'Cost per hour, by namespace',
    description: 'The 20 most expensive namespaces.',
    type: 'timeseries',
    unit: 'currencyUSD',
    width: 12,
    isStacked: true,
    queries: [
      {
        expr: `topk(20, sum by (namespace) (${byNamespace('gpupod_price_usd_per_hour')}))`,
        legend: '{{namespace}}',
      },
    ],
  },
  {
    title: 'Spent per day, by namespace',
    description: 'The last 24 hours at each point. The 20 most expensive namespaces.',
    type: 'timeseries',
    unit: 'currencyUSD',
    width: 12,
    queries: [{ expr: `topk(20, sum by (namespace) (${spent('1d')}))`, legend: '{{namespace}}' }],
  },
  {
    title: 'Total and its limit',
    description: 'What counts towards --max-total-price-per-hour, and that setting (0: not set).',
    type: 'timeseries',
    unit: 'currencyUSD',
    width: 12,
    queries: [
      { expr: byInstallation('gpupod_reserved_usd_per_hour'), legend: 'total {{cluster}} {{namespace}}' },
      {
        expr: byInstallation('gpupod_max_total_price_usd_per_hour'),
        legend: 'limit {{cluster}} {{namespace}}',
      },
    ],
  },
  {
    title: 'Oldest instance',
    description: 'By namespace. An instance bills until somebody deletes or suspends its GpuPod.',
    type: 'timeseries',
    unit: 's',
    width: 12,
    queries: [
      {
        expr: `topk(20, max by (namespace) (${byNamespace('gpupod_oldest_instance_age_seconds')}))`,
        legend: '{{namespace}}',
      },
    ],
  },
];
