/** The label names of each series name of a scrape, in the Prometheus text format. */
export type Scraped = ReadonlyMap<string, ReadonlySet<string>>;

/** Labels that Prometheus or its operator adds to every series of a target. */
export const TARGET_LABELS: ReadonlySet<string> = new Set(['cluster', 'namespace', 'job', 'instance']);

/** Reads a scrape. */
export function readScrape(text: string): Scraped {
  const labels = new Map<string, Set<string>>();
  for (const { name, pairs } of seriesOf(text)) {
    const known = labels.get(name) ?? new Set<string>();
    for (const [, label = ''] of pairs.matchAll(/(\w+)="/g)) known.add(label);
    labels.set(name, known);
  }
  return labels;
}

/** Each series of a scrape: its name, its labels as text, and its value. */
export function seriesOf(text: string): readonly { name: string; pairs: string; value: string }[] {
  return [...text.matchAll(/^([a-zA-Z_]\w*)(?:\{(.*)\})? (\S+)$/gm)].map(
    ([, name = '', pairs = '', value = '']) => ({ name, pairs, value }),
  );
}
