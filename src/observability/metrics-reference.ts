import { METRICS } from './metric-definitions.ts';

/** All metrics of the operator as Markdown, for the reference. */
export function metricsReference(): string {
  const rows = Object.values(METRICS).map(
    ({ name, type, labels, help }) =>
      `| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(', ')} | ${help} |`,
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
\`gpupod_spent_usd_total\` counts from 0 in each process and is meant for \`increase()\` and \`rate()\`. It does not hold what was
spent while no process led, what a machine cost between the last scrape and the deletion of its GpuPod, and machines that
belong to no GpuPod (\`gpupod_orphan_pods\`). \`gpupod_living_cost_usd\` is the same after a restart, but knows only GpuPods
that exist, and of each the last ten attempts.
What is marked "leader only" is absent on a standby, so that nothing is added up twice.
\`gpupod_attempts_total\` and \`gpupod_time_to_ready_seconds\` are counted when metrics are scraped: what came and went between
two scrapes is missing.
`;
}
