import type { Panel } from './grafana.ts';
import { byInstallation, byNamespace, OF_GPUPODS, OF_OPERATOR, quantile } from './queries.ts';

export const LIFE: readonly Panel[] = [
  {
    title: 'GpuPods by phase',
    description: 'Failed, Stopped and Unknown bill, too.',
    type: 'timeseries',
    unit: 'short',
    width: 12,
    isStacked: true,
    queries: [
      {
        expr: `sum by (phase) (max by (cluster, namespace, phase, provider, gpu_type) (gpupod_gpupods{${OF_GPUPODS}}))`,
        legend: '{{phase}}',
      },
    ],
  },
  {
    title: 'Time to ready',
    description: 'From the create intent until the instance is ready, over six hours.',
    type: 'timeseries',
    unit: 's',
    width: 12,
    queries: [
      { expr: quantile(0.5, 'gpupod_time_to_ready_seconds', '', '6h'), legend: 'half of them' },
      { expr: quantile(0.9, 'gpupod_time_to_ready_seconds', '', '6h'), legend: '9 of 10' },
    ],
  },
  {
    title: 'Attempts, per hour',
    description: 'Attempts that are over, by outcome.',
    type: 'timeseries',
    unit: 'short',
    width: 8,
    queries: [
      {
        expr: `sum by (outcome) (increase(gpupod_attempts_total{${OF_OPERATOR}}[1h]))`,
        legend: '{{outcome}}',
      },
    ],
  },
  {
    title: 'Failures by upstream provider and GPU type',
    description:
      'Refused create requests and failed instances since the operator started. The 50 most frequent.',
    type: 'table',
    unit: 'short',
    width: 16,
    queries: [
      {
        expr: `topk(50, sum by (provider, gpu_type, reason) (gpupod_offer_failures_total{${OF_OPERATOR}}))`,
        legend: '',
      },
    ],
  },
  {
    title: 'Longest deletion',
    description:
      'Time since a deletion was requested that the operator has not finished. The instance may bill.',
    type: 'timeseries',
    unit: 's',
    width: 12,
    queries: [
      {
        expr: `topk(20, max by (namespace) (${byNamespace('gpupod_oldest_deletion_age_seconds')}))`,
        legend: '{{namespace}}',
      },
    ],
  },
  {
    title: 'Unknown outcomes, duplicates and orphans',
    description:
      'Create requests with an unknown outcome, surplus instances, and instances without a GpuPod.',
    type: 'timeseries',
    unit: 'short',
    width: 12,
    queries: [
      { expr: `sum(${byInstallation('gpupod_open_create_intents')})`, legend: 'unknown outcome' },
      { expr: `sum(${byInstallation('gpupod_duplicate_instances')})`, legend: 'duplicates' },
      { expr: `sum(${byInstallation('gpupod_orphan_instances')})`, legend: 'orphans' },
    ],
  },
];
