import { ACCOUNTS } from './account-panels.ts';
import { LIFE } from './gpu-pod-panels.ts';
import type { Row, Variable } from './grafana.ts';
import { MONEY } from './money-panels.ts';
import { OPERATOR } from './operator-panels.ts';
import { OFFERS, PROVIDER } from './provider-panels.ts';

export const VARIABLES: readonly Variable[] = [
  { name: 'cluster', label: 'Cluster', metric: 'gpupod_leader' },
  { name: 'job', label: 'Operator', metric: 'gpupod_leader{cluster=~"$cluster"}' },
  { name: 'namespace', label: 'Namespace', metric: 'gpupod_gpupods{cluster=~"$cluster"}' },
];

export const ROWS: readonly Row[] = [
  { title: 'Money', panels: MONEY },
  { title: 'GpuPods', panels: LIFE },
  { title: 'Accounts', panels: ACCOUNTS },
  { title: 'Offers', panels: OFFERS },
  { title: 'Provider', panels: PROVIDER },
  { title: 'Operator', panels: OPERATOR },
];
