import { METRICS } from './metric-definitions.ts';
import type { MetricDefinition } from './metric-definitions.ts';

/** All metrics of the operator as Markdown, for the reference. */
export function metricsReference(): string {
  const rows = Object.values<MetricDefinition>(METRICS).map(
    ({ name, type, labels, help, values }) =>
      `| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(', ')} | ${help}${valuesText(values)} |`,
  );
  return `# Metrics

Served at \`/metrics\` of \`--http-address\`, in the Prometheus text format. Beside these there are the usual ones of the
process, with the prefixes \`process_\` and \`nodejs_\`: memory, CPU, open files, event loop lag, garbage collection.
No label holds the name or id of a GpuPod or of a machine; for a single object look at its status.

| Metric | Type | Labels | Meaning |
| --- | --- | --- | --- |
${rows.join('\n')}

## What the money metrics cannot know

All amounts are estimates from prices and times; the provider's bill is what counts.
\`gpupod_spent_usd_total\` goes on from process to process: it stands in the annotation \`gpupod.dev/spent\` of the operator's
Lease, which is written every few seconds anyway, and nothing is told that is not written there. So it never goes down, unless
the Lease is deleted; without leader election it begins anew in each process. It holds what machines cost while no process led, as
long as they still run when one leads again. It does not hold what a machine cost in the last seconds before its GpuPod was
deleted, and machines that belong to no GpuPod (\`gpupod_orphan_pods\`). \`gpupod_living_cost_usd\` knows only GpuPods that
exist, and of each the last ten attempts.
Labels that others choose are bounded: beyond 1,000 namespaces, 100 GPU types or 100 providers the rest is \`other\`.
What is marked "leader only" is absent on a standby, so that nothing is added up twice.
\`gpupod_attempts_total\` and \`gpupod_time_to_ready_seconds\` begin at 0 in each process, and are counted when metrics are scraped or
the Lease is written: what came and went in between is missing.
`;
}

function valuesText(values: readonly string[] | undefined): string {
  return values === undefined ? '' : ` Values: ${values.map((value) => `\`${value}\``).join(', ')}.`;
}
