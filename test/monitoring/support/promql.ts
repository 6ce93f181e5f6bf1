import { parser } from '@prometheus-io/lezer-promql';

/** What an expression asks of one metric. */
export interface Selector {
  readonly metric: string;
  readonly labels: readonly string[];
}

/** What a PromQL expression refers to. */
export interface Parsed {
  readonly selectors: readonly Selector[];
  /** The labels of `by`, `on` and the like. */
  readonly grouping: readonly string[];
}

/** Reads an expression with the grammar of Prometheus. Throws where it does not fit the grammar. */
export function parsePromql(expr: string): Parsed {
  const selectors: { metric: string; labels: string[] }[] = [];
  const grouping: string[] = [];
  parser.parse(expr).iterate({
    enter: ({ type, from, to }) => {
      const text = expr.slice(from, to);
      if (type.isError) throw new Error(`not PromQL at ${from}: ${expr}`);
      if (type.name === 'VectorSelector') selectors.push({ metric: metricOf(text), labels: [] });
      if (type.name === 'UnquotedLabelMatcher') {
        selectors.at(-1)?.labels.push(text.replace(/\s*(?:=|!).*$/s, ''));
      }
      if (type.name === 'GroupingLabels') {
        grouping.push(
          ...text
            .replaceAll(/[()\s]/g, '')
            .split(',')
            .filter(Boolean),
        );
      }
    },
  });
  return { selectors, grouping };
}

function metricOf(selector: string): string {
  return /^[a-zA-Z_:][\w:]*/.exec(selector)?.[0] ?? '';
}
