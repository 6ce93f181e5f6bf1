import type { Panel } from './grafana.ts';
import { INSTALLATION, OF_OPERATOR, quantile, rate } from './queries.ts';

export const OPERATOR: readonly Panel[] = [
  {
    title: 'Leaders',
    description: 'By installation. 0 or no line: nothing is rented or terminated.',
    type: 'timeseries',
    unit: 'short',
    width: 8,
    queries: [
      {
        expr: `sum by (${INSTALLATION}) (gpupod_leader{${OF_OPERATOR}})`,
        legend: '{{cluster}} {{namespace}} {{job}}',
      },
    ],
  },
  {
    title: 'Work queue',
    description: 'Keys that wait for a worker.',
    type: 'timeseries',
    unit: 'short',
    width: 8,
    queries: [
      {
        expr: `sum by (name) (workqueue_depth{${OF_OPERATOR}, name=~"gpupod|housekeeping"})`,
        legend: '{{name}}',
      },
    ],
  },
  {
    title: 'Wait in the queue (99 of 100 keys)',
    description: 'How long keys wait for a worker.',
    type: 'timeseries',
    unit: 's',
    width: 8,
    queries: [{ expr: quantile(0.99, 'workqueue_queue_duration_seconds', ', name'), legend: '{{name}}' }],
  },
  {
    title: 'Reconciliations per second',
    description: 'By result; a GpuPod that keeps failing shows as error.',
    type: 'timeseries',
    unit: 'ops',
    width: 8,
    queries: [
      {
        expr: rate('controller_runtime_reconcile_total', 'controller, result'),
        legend: '{{controller}} {{result}}',
      },
    ],
  },
  {
    title: 'Age of the watch',
    description: 'Time since the API server last sent anything. About a minute is normal.',
    type: 'timeseries',
    unit: 's',
    width: 8,
    queries: [{ expr: `gpupod_watch_last_event_age_seconds{${OF_OPERATOR}}`, legend: '{{instance}}' }],
  },
  {
    title: 'Memory',
    description: 'Of each process.',
    type: 'timeseries',
    unit: 'bytes',
    width: 8,
    queries: [{ expr: `process_resident_memory_bytes{${OF_OPERATOR}}`, legend: '{{instance}}' }],
  },
];
