import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { pictureOf, shownLines } from './demo/picture.ts';

/** `npm run demo:picture`: runs the demo, and draws what it prints. A demo that fails leaves the picture as it was. */
const file = path.resolve(import.meta.dirname, '../docs/images/demo.svg');

const { stdout } = await promisify(execFile)(
  process.execPath,
  [path.resolve(import.meta.dirname, 'demo.ts')],
  { env: { ...process.env, FORCE_COLOR: '1' } },
);
const lines = shownLines(stdout);
await mkdir(path.dirname(file), { recursive: true });
await writeFile(file, pictureOf(lines));
console.log(`${file}: ${lines.length} lines`);
