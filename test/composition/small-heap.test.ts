import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from '@jest/globals';
import * as z from 'zod';

const MODULE = path.resolve('src/composition/small-heap.ts');
const MEBIBYTE = 2 ** 20;

/** Works with objects that live for a while, as those of requests do, and prints the size of the heap. */
const WORK = `
  const held = [];
  for (let index = 0; index < 3_000_000; index += 1) held[index % 100_000] = { index, list: [index] };
  console.log(process.memoryUsage().heapTotal);`;

async function heapAfter(before: string): Promise<number> {
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--input-type=module',
    '-e',
    before + WORK,
  ]);
  return z.coerce.number().parse(stdout) / MEBIBYTE;
}

it('keeps the heap well below what V8 would take for the same work', async () => {
  const small = await heapAfter(`import { keepHeapSmall } from ${JSON.stringify(MODULE)}; keepHeapSmall();`);
  const usual = await heapAfter('');
  expect(small).toBeLessThan(0.8 * usual);
});
