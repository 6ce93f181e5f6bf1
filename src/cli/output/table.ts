import { plainText } from '../../api/common/plain-text.ts';

/** One column. A cell that is undefined prints as `<none>`, as in kubectl. */
export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => string | undefined;
}

const GAP = 3;

/** Rows as kubectl prints them: one line each, columns padded with blanks. */
export function table<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const lines = [
    columns.map(({ title }) => title),
    // Some of it is text of the provider, or of whoever wrote the object.
    ...rows.map((row) => columns.map(({ cell }) => plainText(cell(row) ?? '<none>'))),
  ];
  const widths = columns.map((_, at) => Math.max(...lines.map((cells) => (cells[at] ?? '').length)));
  return lines
    .map((cells) => cells.map((cell, at) => cell.padEnd((widths[at] ?? 0) + GAP)).join(''))
    .map((line) => line.trimEnd())
    .join('\n');
}
