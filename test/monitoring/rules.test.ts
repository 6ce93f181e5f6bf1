import { beforeAll, describe, expect, it } from '@jest/globals';
import { everything } from '../observability/metrics-scene.ts';
import { ALERTS, read, RECORDS, ruleTestNames, ruleTestsOf } from './support/files.ts';
import { parsePromql } from './support/promql.ts';
import { readScrape, TARGET_LABELS } from './support/scrape.ts';
import type { Scraped } from './support/scrape.ts';

let scraped: Scraped;

beforeAll(async () => {
  scraped = readScrape(await everything().metrics.scrape());
});

const RULES = [
  ...ALERTS.map(({ alert, expr, annotations }) => ({
    name: alert,
    exprs: [expr, ...queriesIn(annotations)],
  })),
  ...RECORDS.map(({ record, expr }) => ({ name: record, exprs: [expr] })),
];

/** The queries that an annotation asks for a price. */
function queriesIn({ description }: { readonly description: string }): readonly string[] {
  const queries = description.matchAll(/\{\{-? ?with (?:query|printf)\s+"((?:[^"\\]|\\.)*)"/g);
  return [...queries].map(([, query = '']) => query.replaceAll(String.raw`\"`, '"').replace('%q', '"a"'));
}

describe('a rule', () => {
  it.each(RULES)('asks for what a scrape of the operator shows: $name', ({ exprs }) => {
    const parsed = exprs.map((expr) => parsePromql(expr));
    const selectors = parsed.flatMap((one) => one.selectors);
    const labels = selectors.flatMap(({ metric }) => [...(scraped.get(metric) ?? [])]);

    expect(selectors.filter(({ metric }) => !scraped.has(metric))).toEqual([]);
    const asked = [...selectors.flatMap((one) => one.labels), ...parsed.flatMap((one) => one.grouping)];
    expect(asked.filter((label) => !labels.includes(label) && !TARGET_LABELS.has(label))).toEqual([]);
  });

  it.each(RULES)('keeps clusters apart, whoever leads: $name', ({ exprs: [expr = ''] }) => {
    expect(parsePromql(expr).grouping).toContain('cluster');
  });
});

describe('an alert', () => {
  it.each(ALERTS)('has a test in which it fires, and one in which it stays silent: $alert', ({ alert }) => {
    const tests = ruleTestsOf(alert).map(({ name, promql_expr_test: checks }) => ({
      name,
      // Each check asks for this alert, and one of them says whether it ever fires.
      isOfAlert: checks.every(({ expr }) => expr.includes(`alertname="${alert}"`)),
      fires: checks.some(({ exp_samples: samples = [] }) => samples.length > 0),
    }));
    const stated = ({ name }: { name: string }): boolean => name.startsWith('fires');
    const silent = tests.filter(({ name }) => name.startsWith('stays silent'));

    expect(tests.filter(stated)).not.toEqual([]);
    expect(tests.filter(stated).filter(({ fires, isOfAlert }) => !fires || !isOfAlert)).toEqual([]);
    expect(silent).not.toEqual([]);
    expect(silent.filter(({ fires, isOfAlert }) => fires || !isOfAlert)).toEqual([]);
  });

  it.each(ALERTS)('has a section in the runbook: $alert', ({ alert, annotations }) => {
    const anchor = alert.toLowerCase();
    expect(annotations.runbook).toBe(`docs/how-to/runbooks.md#${anchor}`);
    expect(read('docs/how-to/runbooks.md')).toContain(`\n## ${alert}\n`);
  });

  it.each(ALERTS)(
    'says what it costs, and what to do: $alert',
    ({ annotations: { summary, description } }) => {
      expect(summary.length).toBeLessThan(140);
      expect(description).toMatch(/bill|cost|price|limit|rents nothing|USD/);
      expect(description).toMatch(/Look|look|kubectl|Find|write|Terminate|Ask|Synced/);
    },
  );

  it('is what each test file is about', () => {
    const names = [...ALERTS.map(({ alert }) => alert), 'recording'];
    expect([...ruleTestNames()].toSorted()).toEqual(names.toSorted());
  });

  it('is what each section of the runbook is about', () => {
    const sections = [...read('docs/how-to/runbooks.md').matchAll(/^## (\w+)$/gm)].map(([, name]) => name);
    expect(sections).toEqual(ALERTS.map(({ alert }) => alert));
  });
});
