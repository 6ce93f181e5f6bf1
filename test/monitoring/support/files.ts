import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import * as z from 'zod';

const root = path.resolve(import.meta.dirname, '../../..');
const chart = path.join(root, 'charts/gpupod-operator');

export const RULE_TESTS = path.join(root, 'test/monitoring/rules');
export const RULE_FILES = ['alerts.yaml', 'recording-rules.yaml'].map((file) => path.join(chart, file));

const ruleFile = z.object({ groups: z.array(z.object({ rules: z.array(z.unknown()) })) });
const alertRule = z.strictObject({
  alert: z.string(),
  expr: z.string(),
  for: z.string().optional(),
  labels: z.strictObject({ severity: z.enum(['critical', 'warning']) }),
  annotations: z.strictObject({ summary: z.string(), description: z.string(), runbook: z.string() }),
});
const recordingRule = z.strictObject({ record: z.string(), expr: z.string() });

function rulesIn<T>(file: string, schema: z.ZodType<T>): readonly T[] {
  const { groups } = ruleFile.parse(parse(read(path.join(chart, file))));
  return groups.flatMap(({ rules }) => rules.map((rule) => schema.parse(rule)));
}

/** The alerts of the chart. */
export const ALERTS = rulesIn('alerts.yaml', alertRule);
/** The recording rules of the chart. */
export const RECORDS = rulesIn('recording-rules.yaml', recordingRule);

const ruleTest = z.object({
  tests: z.array(
    z.object({
      name: z.string(),
      promql_expr_test: z
        .array(z.object({ expr: z.string(), exp_samples: z.array(z.unknown()).optional() }))
        .default([]),
    }),
  ),
});

/** The tests of one alert, for promtool. */
export function ruleTestsOf(alert: string): z.output<typeof ruleTest>['tests'] {
  return ruleTest.parse(parse(read(path.join(RULE_TESTS, `${alert}.yaml`)))).tests;
}

/** Names of all test files, without their ending. */
export function ruleTestNames(): readonly string[] {
  return readdirSync(RULE_TESTS).map((file) => path.basename(file, '.yaml'));
}

const dashboardFile = z.object({
  id: z.null(),
  templating: z.object({ list: z.array(z.object({ name: z.string(), query: z.unknown() })) }),
  panels: z.array(
    z.object({
      id: z.int(),
      title: z.string(),
      gridPos: z.object({ x: z.int(), y: z.int(), w: z.int(), h: z.int() }),
      type: z.string(),
      datasource: z.object({ type: z.string(), uid: z.string() }).optional(),
      targets: z.array(z.object({ expr: z.string(), legendFormat: z.string() })).default([]),
    }),
  ),
});

/** The dashboard of the chart as text. */
export const DASHBOARD_TEXT = read(path.join(chart, 'files/dashboard.json'));
export const DASHBOARD = dashboardFile.parse(JSON.parse(DASHBOARD_TEXT));

/** Each query of the dashboard, with the values that Grafana puts in. */
export const QUERIES = DASHBOARD.panels.flatMap(({ title, targets }) =>
  targets.map(({ expr, legendFormat }, index) => ({
    name: `${title} (${index + 1})`,
    expr: withValues(expr),
    legend: legendFormat,
  })),
);

function withValues(expr: string): string {
  return expr
    .replaceAll('$__rate_interval', '5m')
    .replaceAll('$__range', '1h')
    .replaceAll(/\$(?:cluster|job|namespace)\b/g, '.*');
}

export function read(file: string): string {
  return readFileSync(path.resolve(root, file), 'utf8');
}
