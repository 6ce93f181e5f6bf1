/**
 * Each process has metrics of its own, and for a moment two of them lead: `max by` takes one of them, and keeps
 * clusters and installations apart. Metrics of a GpuPod have its namespace; all others have that of the operator.
 */
export const OF_GPUPODS = 'cluster=~"$cluster", namespace=~"$namespace"';
export const OF_OPERATOR = 'cluster=~"$cluster", job=~"$job"';
export const INSTALLATION = 'cluster, namespace, job';

/** By namespace of the GpuPods, whoever leads. */
export function byNamespace(metric: string): string {
  return `max by (cluster, namespace) (${metric}{${OF_GPUPODS}})`;
}

/** By installation, whoever leads. */
export function byInstallation(metric: string, more = ''): string {
  return `max by (${INSTALLATION}${more}) (${metric}{${OF_OPERATOR}})`;
}

/** Spent within a time. The subquery joins the counters of successive leaders. */
export function spent(time: string): string {
  return `increase(${byNamespace('gpupod_spent_usd_total')}[${time}:5m])`;
}

export function rate(metric: string, labels: string, selector = ''): string {
  return `sum by (${labels}) (rate(${metric}{${OF_OPERATOR}${selector}}[$__rate_interval]))`;
}

export function quantile(share: number, metric: string, labels: string, time = '$__rate_interval'): string {
  return `histogram_quantile(${share}, sum by (le${labels}) (rate(${metric}_bucket{${OF_OPERATOR}}[${time}])))`;
}
