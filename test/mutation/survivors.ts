import { existsSync, readFileSync } from 'node:fs';
import * as z from 'zod';
import { refusedByCompiler } from './compiler.ts';
import type { PlantedFile } from './compiler.ts';

/**
 * Prints what survived the last runs, for docs/development/mutation-survivors.md. What the compiler refuses is counted
 * and left out: `npm test` checks types, so that such a mistake is noticed as well.
 *
 * `npm run --silent test:mutation:survivors > docs/development/mutation-survivors.md`
 */

const Place = z.object({ line: z.int(), column: z.int() });
const Mutant = z.object({
  replacement: z.string().default(''),
  status: z.string(),
  location: z.object({ start: Place, end: Place }),
});
type Mutant = z.output<typeof Mutant>;
const Report = z.object({
  files: z.record(z.string(), z.object({ source: z.string(), mutants: z.array(Mutant) })),
});
type Report = z.output<typeof Report>;

/** A planted mistake that no test noticed. */
interface Survivor extends PlantedFile {
  readonly line: number;
  readonly told: string;
}

write('# What survived\n');
write(
  'Each line shows the line number, the code, and the mistake that no test noticed. ' +
    '[Mutation testing](mutation-testing.md#what-survives-and-why) explains the kinds. ' +
    'Line numbers are those of the day of the run.',
);
for (const part of ['offers', 'lifecycle', 'api']) {
  // The report of an interrupted run contains what it has tried.
  const path = `reports/mutation/${part}.incremental.json`;
  if (existsSync(path)) print(part, Report.parse(JSON.parse(readFileSync(path, 'utf8'))));
}

function print(part: string, { files }: Report): void {
  const tried = Object.values(files).flatMap(({ mutants }) => mutants.filter(isTried));
  const survivors = Object.entries(files).flatMap(([path, { source, mutants }]) =>
    mutants.filter(isUnnoticed).map((mutant) => survivor(path, source, mutant)),
  );
  const refused = refusedByCompiler(survivors);
  const left = survivors
    .filter((mistake) => !refused.has(mistake))
    .toSorted((a, b) => a.path.localeCompare(b.path) || a.line - b.line);
  const noticed = tried.length - survivors.length;
  write(`\n## src/${part}\n`);
  write(
    `${String(tried.length)} tried, ${String(noticed)} noticed by tests, ${String(refused.size)} refused by the compiler, ` +
      `${String(left.length)} survived.\n`,
  );
  write('```text');
  for (const [path, own] of Map.groupBy(left, (mistake) => mistake.path)) {
    write([path, ...own.map(({ told }) => told)].join('\n'));
  }
  write('```');
}

function write(line: string): void {
  process.stdout.write(`${line}\n`);
}

function isTried({ status }: Mutant): boolean {
  return ['Killed', 'Timeout', 'Survived', 'NoCoverage'].includes(status);
}

function isUnnoticed({ status }: Mutant): boolean {
  return status === 'Survived' || status === 'NoCoverage';
}

function survivor(path: string, source: string, { location, replacement }: Mutant): Survivor {
  const { start, end } = location;
  const [from, to] = [offset(source, start), offset(source, end)];
  return {
    path,
    text: source.slice(0, from) + replacement + source.slice(to),
    line: start.line,
    told: `${String(start.line).padStart(5)}  ${short(source.slice(from, to))}  →  ${short(replacement)}`,
  };
}

function short(code: string): string {
  const flat = code.replaceAll(/\s+/g, ' ');
  return flat.length <= 60 ? flat : `${flat.slice(0, 59)}…`;
}

/** Lines and columns count from 1. */
function offset(source: string, { line, column }: z.output<typeof Place>): number {
  const before = source.split('\n').slice(0, line - 1);
  return before.reduce((sum, { length }) => sum + length + 1, column - 1);
}
