import path from 'node:path';
import { bundle } from './build/bundle.ts';

/** Writes dist/gpupod-operator.mjs, dist/prime-simulator.mjs and dist/gpupod.mjs, and prints their sizes. */
for (const { file, bytes } of await bundle(path.resolve(import.meta.dirname, '../dist'))) {
  console.log(`${path.relative(process.cwd(), file)}  ${(bytes / 1_000_000).toFixed(2)} MB`);
}
