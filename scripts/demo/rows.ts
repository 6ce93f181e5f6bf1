/** The output of `kubectl get` as a list of cells by column name. */
export type Row = ReadonlyMap<string, string>;

/** Columns that change all the time. A row that differs only in these is not shown again. */
const RESTLESS = ['AGE'];
/** Wide enough for later values, so that they stay below their headings. */
const WIDTHS: ReadonlyMap<string, number> = new Map([
  ['NAME', 8],
  ['PHASE', 13],
  ['REASON', 13],
  ['WANTED', 14],
  ['GPU', 10],
  ['PROVIDER', 11],
  ['$/H', 5],
]);

/** Reads a table of one row. Cells may be empty, so they are split at the positions of the headings. */
export function readRow(table: string): Row | undefined {
  const [head, body] = table.split('\n');
  if (head === undefined || body === undefined || body === '') return undefined;
  const heads = [...head.matchAll(/\S+(?: \S+)*/g)];
  return new Map(
    heads.map(({ 0: name, index }, number) => [name, body.slice(index, heads[number + 1]?.index).trim()]),
  );
}

export function isNews(row: Row, before: Row | undefined): boolean {
  return [...row].some(([name, cell]) => !RESTLESS.includes(name) && before?.get(name) !== cell);
}

export function headLine(row: Row): string {
  return [...row.keys()].map((name) => pad(name, name)).join('  ');
}

export function bodyLine(row: Row): string {
  return [...row].map(([name, cell]) => pad(name, cell)).join('  ');
}

function pad(name: string, text: string): string {
  return text.padEnd(WIDTHS.get(name) ?? Math.max(name.length, 5));
}
