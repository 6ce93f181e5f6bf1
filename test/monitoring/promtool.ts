import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { stringify } from 'yaml';
import { ensureBinaries } from '../control-plane/binaries.ts';
import { cacheFor, findCached } from '../control-plane/cache.ts';
import { readRecipe } from '../control-plane/recipe.ts';
import { everything } from '../observability/metrics-scene.ts';
import { QUERIES, RULE_FILES, RULE_TESTS } from './support/files.ts';
import { seriesOf } from './support/scrape.ts';

/**
 * Tests the alerts, the recording rules and the dashboard with promtool, the test tool of Prometheus. `--if-built`
 * does nothing where promtool is not in the cache: its first build takes minutes.
 */
const MINUTES = 60;

async function findPromtool(isOptional: boolean): Promise<string | undefined> {
  if (isOptional) return await findCached(cacheFor(await readRecipe(), process.env), 'promtool');
  const onProgress = ({ message }: { readonly message: string }): void => {
    process.stderr.write(`${message}\n`);
  };
  return (await ensureBinaries(['promtool'], { onProgress })).promtool;
}

async function run(promtool: string, ...args: readonly string[]): Promise<void> {
  const child = spawn(promtool, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`promtool ${args[0] ?? ''} ${args[1] ?? ''} failed`);
}

/** A test in which each query of the dashboard must find data, in what the operator exposes. */
async function dashboardTest(): Promise<string> {
  const series = seriesOf(await everything().metrics.scrape()).filter(({ value }) =>
    Number.isFinite(Number(value)),
  );
  const target = ['cluster="a"', 'job="gpupod"', 'instance="p1"'];
  return stringify({
    tests: [
      {
        name: 'each query of the dashboard finds data',
        interval: '1m',
        input_series: series.map(({ name, pairs, value }) => {
          const own = pairs === '' ? [] : [pairs];
          const namespace = pairs.includes('namespace="') ? [] : ['namespace="gpupod-system"'];
          return {
            series: `${name}{${[...own, ...target, ...namespace].join(', ')}}`,
            values: `${value}x${MINUTES}`,
          };
        }),
        promql_expr_test: QUERIES.map(({ expr }) => ({
          expr: `count(${expr}) > bool 0`,
          eval_time: `${MINUTES}m`,
          exp_samples: [{ labels: '{}', value: 1 }],
        })),
      },
    ],
  });
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { 'if-built': { type: 'boolean', default: false } } });
  const promtool = await findPromtool(values['if-built']);
  if (promtool === undefined) {
    process.stdout.write(
      'Nothing tested: promtool is not built. `npm run test:alerts` builds and runs it.\n',
    );
    return;
  }
  const folder = await mkdtemp(path.join(tmpdir(), 'gpupod-promtool-'));
  try {
    const ofDashboard = path.join(folder, 'dashboard.yaml');
    await writeFile(ofDashboard, await dashboardTest());
    const ofRules = (await readdir(RULE_TESTS)).map((file) => path.join(RULE_TESTS, file));
    await run(promtool, 'check', 'rules', ...RULE_FILES);
    await run(promtool, 'test', 'rules', ...ofRules, ofDashboard);
  } finally {
    await rm(folder, { recursive: true });
  }
}

await main();
