import { beforeAll, describe, expect, it } from '@jest/globals';
import { everything } from '../observability/metrics-scene.ts';
import { DASHBOARD, DASHBOARD_TEXT, QUERIES } from './support/files.ts';
import { parsePromql } from './support/promql.ts';
import { readScrape, TARGET_LABELS } from './support/scrape.ts';
import type { Scraped } from './support/scrape.ts';

let scraped: Scraped;

beforeAll(async () => {
  scraped = readScrape(await everything().metrics.scrape());
});

describe('a query of the dashboard', () => {
  it.each(QUERIES)('asks for what a scrape of the operator shows: $name', ({ expr, legend }) => {
    const { selectors, grouping } = parsePromql(expr);
    const labelsOf = (metric: string): readonly string[] => [
      ...(scraped.get(metric) ?? []),
      ...TARGET_LABELS,
    ];
    const all = selectors.flatMap(({ metric }) => labelsOf(metric));
    const shown = [...legend.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = '']) => label);

    expect(selectors).not.toEqual([]);
    expect(selectors.filter(({ metric }) => !scraped.has(metric))).toEqual([]);
    expect(
      selectors.filter(({ metric, labels }) => labels.some((label) => !labelsOf(metric).includes(label))),
    ).toEqual([]);
    expect([...grouping, ...shown].filter((label) => !all.includes(label))).toEqual([]);
  });

  it.each(QUERIES)('applies the choices of the person: $name', ({ expr }) => {
    const { selectors } = parsePromql(expr);
    expect(selectors.filter(({ labels }) => !labels.includes('cluster'))).toEqual([]);
    expect(selectors.filter(({ labels }) => !/job|namespace/.test(labels.join(' ')))).toEqual([]);
  });
});

describe('the check of queries', () => {
  it.each(['sum by (gpupod_leader', 'rate(gpupod_leader[5m', 'gpupod_leader{job="a"'])(
    'refuses what is not PromQL: %s',
    (expr) => {
      expect(() => parsePromql(expr)).toThrow('not PromQL');
    },
  );

  it('finds each metric with its own labels, and all groupings', () => {
    const expr = 'sum by (a, b) (rate(x{c="1", d!~"2"}[5m])) / on (e) group_left () y{f=~".*"} unless z';
    expect(parsePromql(expr)).toEqual({
      selectors: [
        { metric: 'x', labels: ['c', 'd'] },
        { metric: 'y', labels: ['f'] },
        { metric: 'z', labels: [] },
      ],
      grouping: ['a', 'b', 'e'],
    });
  });
});

describe('the dashboard', () => {
  it('uses the data source that the person chooses, and nothing of another Grafana', () => {
    const chosen = { type: 'prometheus', uid: '$datasource' };
    expect(DASHBOARD.panels.filter(({ type }) => type !== 'row').map(({ datasource }) => datasource)).toEqual(
      DASHBOARD.panels.filter(({ type }) => type !== 'row').map(() => chosen),
    );
    const uids = [...DASHBOARD_TEXT.matchAll(/"uid": "([^"]*)"/g)].map(([, uid]) => uid);
    expect([...new Set(uids)].toSorted()).toEqual(['$datasource', 'gpupod-operator']);
    expect(DASHBOARD_TEXT).not.toMatch(/__inputs|\biteration\b|https?:/);
  });

  it('has variables with a limited number of values', () => {
    expect(DASHBOARD.templating.list.map(({ name }) => name)).toEqual([
      'datasource',
      'cluster',
      'job',
      'namespace',
    ]);
    const queries = DASHBOARD_TEXT.matchAll(/"definition": "label_values\((\w+)(?:\{.*\})?, (\w+)\)"/g);
    const asked = [...queries].map(([, metric = '', label = '']) => ({ metric, label }));
    expect(asked).toHaveLength(3);
    const known = ({ metric, label }: { metric: string; label: string }): boolean =>
      scraped.has(metric) && (TARGET_LABELS.has(label) || scraped.get(metric)?.has(label) === true);
    expect(asked.filter((one) => !known(one))).toEqual([]);
  });

  it('places panels side by side, and none above another', () => {
    const cells = DASHBOARD.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, index) => `${x + (index % w)} ${y + Math.floor(index / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(Math.max(...DASHBOARD.panels.map(({ gridPos: { x, w } }) => x + w))).toBe(24);
    expect(new Set(DASHBOARD.panels.map(({ id }) => id)).size).toBe(DASHBOARD.panels.length);
  });
});
