import { Command, Option } from 'commander';
import { withCluster } from '../cluster/cluster.ts';
import type { ClusterOptions } from '../cluster/cluster-options.ts';
import { formatOutput, outputOption } from '../output/output-format.ts';
import type { OutputFormat } from '../output/output-format.ts';
import type { CliParts } from '../parts.ts';
import { costOutput } from './cost-output.ts';
import { costRowOf, SORT_KEYS, sortRows } from './cost-row.ts';
import type { SortKey } from './cost-row.ts';

interface CostOptions extends ClusterOptions {
  readonly allNamespaces?: boolean;
  readonly sort: SortKey;
  readonly output?: OutputFormat;
}

const DESCRIPTION =
  'Shows what each GpuPod costs now and has cost so far, with a total.\n\n' +
  'It reads GpuPods only, and needs the verb list on gpupods.gpupod.dev. All amounts are estimates in USD; the bill of the provider counts. ' +
  'ACCRUED is the present instance, EARLIER all ended attempts.';

/** `gpupod cost`. */
export function costCommand(parts: CliParts): Command {
  return new Command('cost')
    .summary('Show what GpuPods cost')
    .description(DESCRIPTION)
    .option('-A, --all-namespaces', 'The GpuPods of all namespaces')
    .addOption(
      new Option('--sort <key>', 'Most expensive, or first to expire, first')
        .choices(SORT_KEYS)
        .default('name'),
    )
    .addOption(outputOption())
    .action(async (_options: unknown, command: Command) => {
      await showCost(parts, command.optsWithGlobals<CostOptions>());
    });
}

async function showCost(parts: CliParts, options: CostOptions): Promise<void> {
  const { allNamespaces = false, sort, output } = options;
  await withCluster(parts, options, async (cluster) => {
    const objects = await cluster.listGpuPods(allNamespaces ? undefined : cluster.namespace);
    const wallMs = parts.clock.nowMs();
    const rows = sortRows(
      objects.map((object) => costRowOf(object, wallMs)),
      sort,
    );
    if (rows.length === 0 && (output === undefined || output === 'wide')) {
      parts.warn(
        `No GpuPods found in ${allNamespaces ? 'any namespace' : `namespace ${cluster.namespace}`}.`,
      );
      return;
    }
    parts.print(formatOutput(costOutput({ rows, wallMs, hasNamespaces: allNamespaces }), output));
  });
}
