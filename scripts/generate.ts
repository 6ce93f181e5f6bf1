import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { generatedFiles } from './generated-files.ts';

/**
 * Writes everything that is generated from the types; with `--check` it writes nothing and fails when a
 * file differs.
 */
const root = resolve(import.meta.dirname, '..');
const checkOnly = process.argv.includes('--check');
const stale: string[] = [];

for (const [path, content] of generatedFiles()) {
  const target = resolve(root, path);
  const present = await readFile(target, 'utf8').catch(() => undefined);
  if (present === content) {
    continue;
  }
  stale.push(path);
  if (!checkOnly) {
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, content);
  }
}

if (checkOnly && stale.length > 0) {
  console.error(`out of date, run \`npm run generate\`:\n  ${stale.join('\n  ')}`);
  process.exitCode = 1;
} else {
  console.log(checkOnly ? 'generated files are up to date' : `written: ${stale.join(', ') || 'nothing'}`);
}
