import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Command, Option } from 'commander';
import * as z from 'zod';
import { prepareAudit } from '../support/audit.ts';
import { openBench } from '../support/bench.ts';
import { openMemoryBench } from '../support/memory-bench.ts';
import { growthChart } from './growth-chart.ts';
import { medians } from './measurement.ts';
import type { Measurement, Result } from './measurement.ts';
import { reportText } from './report.ts';
import { SCENARIOS } from './scenarios/all.ts';
import type { Scenario } from './scenarios/all.ts';

/** `npm run bench -- --help`: what GpuPods cost in time, requests, writes, processor time and memory. */

const Options = z.object({
  scenario: z.array(z.string()),
  count: z.array(z.coerce.number().int().positive()),
  accounts: z.coerce.number().int().positive(),
  runs: z.coerce.number().int().positive(),
  inMemory: z.boolean().default(false),
  json: z.string().optional(),
  svg: z.string().optional(),
});
type Options = z.infer<typeof Options>;

const command = new Command('npm run bench --')
  .description(
    `Measures the shipped operator with a simulated provider, on a real API server or one that keeps its objects in memory.\n\n${Object.entries(
      SCENARIOS,
    )
      .map(([name, { what }]) => `${name}: ${what}`)
      .join('\n')}`,
  )
  .addOption(
    new Option('--scenario <names...>', 'what to measure').choices(Object.keys(SCENARIOS)).default(['life']),
  )
  .option('--count <numbers...>', 'how many GpuPods', ['1000'])
  .option('--accounts <number>', 'how many accounts share them, in the scenarios with accounts', '10')
  .option('--runs <number>', 'how often; the report shows medians', '1')
  .option('--in-memory', 'without etcd, for many thousand GpuPods; cold-start always runs so')
  .option('--json <file>', 'also writes the results to this file')
  .option('--svg <file>', 'also draws how they grow with the number of GpuPods')
  .parse();

function progress(text: string): void {
  process.stderr.write(`${new Date().toISOString()} ${text}\n`);
}

/** Each run has an API server of its own, so that no run pays for the objects of another. */
async function runOnce(
  scenario: Scenario,
  count: number,
  { accounts, inMemory }: Options,
): Promise<readonly Measurement[]> {
  if (scenario.on === 'memory' || (inMemory && scenario.on === 'any')) {
    const memory = await openMemoryBench();
    try {
      return scenario.on === 'memory'
        ? await scenario.run(memory, count, accounts)
        : await scenario.run(memory.bench, memory.audit, count, accounts);
    } finally {
      await memory.bench.close();
    }
  }
  const directory = await mkdtemp(path.join(os.tmpdir(), 'gpupod-bench-audit-'));
  const audit = await prepareAudit(directory);
  const bench = await openBench({ apiServerFlags: audit.flags });
  try {
    return await scenario.run(bench, audit, count, accounts);
  } finally {
    await bench.close();
    await rm(directory, { recursive: true });
  }
}

async function measureAll(all: Options): Promise<readonly Result[]> {
  const { scenario: names, count: counts } = all;
  const results: Result[] = [];
  for (const name of names) {
    for (const count of counts) results.push(await measureRuns(name, count, all));
  }
  return results;
}

async function measureRuns(name: string, count: number, all: Options): Promise<Result> {
  const { runs } = all;
  const scenario = SCENARIOS[name];
  if (scenario === undefined) throw new Error(`there is no scenario ${name}`);
  const measurements: (readonly Measurement[])[] = [];
  for (let run = 1; run <= runs; run += 1) {
    progress(`${name}, ${String(count)} GpuPods, run ${String(run)} of ${String(runs)}`);
    measurements.push(await runOnce(scenario, count, all));
  }
  return { scenario: name, count, runs, measurements: medians(measurements) };
}

const options = Options.parse(command.opts());
const results = await measureAll(options);
process.stdout.write(`${reportText(results)}\n`);
if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify(results, undefined, 2)}\n`);
if (options.svg !== undefined) await writeFile(options.svg, growthChart(results));
