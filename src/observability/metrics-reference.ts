import { METRICS } from './metric-definitions.ts';
import type { MetricDefinition } from './metric-definitions.ts';

/** All metrics of the operator as Markdown, for docs/reference/metrics.md. */
export function metricsReference(): string {
  const rows = Object.values<MetricDefinition>(METRICS).map(
    ({ name, type, labels, help, values }) =>
      `| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(', ')} | ${help}${valuesText(values)} |`,
  );
  return `# Metrics

The operator serves these metrics at \`/metrics\` of \`--http-address\`, in the Prometheus text format. It also serves the usual
metrics of the process, with the prefixes \`process_\` and \`nodejs_\`: memory, CPU, open files, event loop lag, garbage collection.
The metrics of queues, reconciliations and requests to the Kubernetes API have the names that controller-runtime and client-go give
them, so that existing dashboards fit. Other operators export them, too: select by \`job\`, or by \`controller\` and \`name\`.
No label contains the name or ID of a GpuPod or of an instance. For a single GpuPod, see its status.

| Metric | Type | Labels | Meaning |
| --- | --- | --- | --- |
${rows.join('\n')}

## The label account

\`account\` is \`operator\` for the operator's own API key, \`GpuAccount/<namespace>/<name>\` or \`ClusterGpuAccount/<name>\`. It is one label, so
that two accounts never share a series, and so that \`namespace\` stays that of the target. To get its parts, use \`label_replace\`:

\`\`\`promql
label_replace(gpupod_account_price_usd_per_hour, "account_namespace", "$1", "account", "GpuAccount/(.*)/.*")
\`\`\`

Each account that exists has about 15 series, at most 21 with all limits set, and two for each team that it lists. With 200 accounts, that
is about 3,000 series, and at most 4,300. They vanish with the account; the counters of an account that is created again start at 0. Beyond 50
GpuAccounts in a namespace, or 1,000 in all, the rest is summed up as \`other\`, and has no state and no limits: no namespace takes the series of
another. An account that was removed by force while its instances bill keeps its \`gpupod_account_instances\`, \`gpupod_account_gpus\` and \`gpupod_account_price_usd_per_hour\`.

\`gpupod_account_ready\` changes its label \`reason\` with the state: aggregate it with \`max by (account)\`, or select a reason.
Accounts with keys of one user share their instances; \`gpupod_account_limit_usage_ratio\` counts orphans of that user for each of them.
The operator's own key is not refused for \`CredentialsMissing\` while every GpuPod has an account of its own.

## What the money metrics cannot know

All amounts are estimates from prices and times; the provider's bill is what counts.

The operator stores \`gpupod_spent_usd_total\` in the annotation \`gpupod.dev/spent\` of its Lease, which it writes every few
seconds anyway, and shows only what is stored there. So the counter never falls, unless you delete the Lease. Without leader
election it starts at 0 in each process. It includes what instances cost while no process led, if they still run when one leads
again. It does not include the last seconds before a GpuPod was deleted, and it does not include instances that belong to no
GpuPod (\`gpupod_orphan_instances\`). \`gpupod_living_cost_usd\` includes only existing GpuPods, and the last ten attempts of each.

Labels whose values others choose are limited: beyond 1,000 namespaces, 100 GPU types or 100 upstream providers the rest is
\`other\`. Metrics that are marked "leader only" are absent on a standby, so that sums over all processes are right.
\`gpupod_attempts_total\` and \`gpupod_time_to_ready_seconds\` start at 0 in each process. The operator counts them on each scrape
and on each write of the Lease: an attempt that begins and ends in between is missing.
`;
}

function valuesText(values: readonly string[] | undefined): string {
  return values === undefined ? '' : ` Values: ${values.map((value) => `\`${value}\``).join(', ')}.`;
}
