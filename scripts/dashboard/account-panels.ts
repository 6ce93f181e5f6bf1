import type { Panel } from './grafana.ts';
import { byInstallation, OF_OPERATOR, rate } from './queries.ts';

export const ACCOUNTS: readonly Panel[] = [
  {
    title: 'Cost per hour, by account',
    description: "The 20 most expensive accounts; operator is the operator's own API key.",
    type: 'timeseries',
    unit: 'currencyUSD',
    width: 12,
    isStacked: true,
    queries: [
      {
        expr: `topk(20, sum by (account) (${byInstallation('gpupod_account_price_usd_per_hour', ', account')}))`,
        legend: '{{account}}',
      },
    ],
  },
  {
    title: 'Limits in use',
    description: 'Share of each limit of an account that is in use; 1 is full. The 20 fullest.',
    type: 'timeseries',
    unit: 'percentunit',
    width: 12,
    queries: [
      {
        expr: `topk(20, max by (account, limit) (${byInstallation('gpupod_account_limit_usage_ratio', ', account, limit')}))`,
        legend: '{{account}} {{limit}}',
      },
    ],
  },
  {
    title: 'Accounts that are not ready',
    description:
      'The reason of their condition Ready. Suspended is a choice; every other reason needs a person.',
    type: 'table',
    unit: 'short',
    width: 12,
    queries: [
      {
        expr: `${byInstallation('gpupod_account_ready', ', account, reason')} == 0`,
        legend: '',
      },
    ],
  },
  {
    title: 'GpuPods that wait for an account',
    description: 'By the reason of their condition Synced, such as BudgetExceeded.',
    type: 'timeseries',
    unit: 'short',
    width: 12,
    queries: [
      {
        expr: `sum by (account, reason) (${byInstallation('gpupod_account_waiting_gpupods', ', account, reason')})`,
        legend: '{{account}} {{reason}}',
      },
    ],
  },
  {
    title: 'Create requests by outcome, per hour',
    description: 'Those that left, over all accounts.',
    type: 'timeseries',
    unit: 'short',
    width: 8,
    queries: [
      {
        expr: `sum by (outcome) (increase(gpupod_account_create_requests_total{${OF_OPERATOR}}[1h]))`,
        legend: '{{outcome}}',
      },
    ],
  },
  {
    title: 'Requests per second, by account',
    description: 'The 20 busiest accounts.',
    type: 'timeseries',
    unit: 'reqps',
    width: 8,
    queries: [
      {
        expr: `topk(20, ${rate('gpupod_account_provider_requests_total', 'account')})`,
        legend: '{{account}}',
      },
    ],
  },
  {
    title: '429 per second, by account',
    description: 'Accounts that the provider asks to slow down. Each has a rate limit of its own.',
    type: 'timeseries',
    unit: 'reqps',
    width: 8,
    queries: [
      {
        expr: `topk(20, ${rate('gpupod_account_provider_requests_total', 'account', ', code="429"')})`,
        legend: '{{account}}',
      },
    ],
  },
];
