import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from '@jest/globals';
import * as z from 'zod';
import { flagsFor } from '../../src/composition/small-heap.ts';

const MODULE = path.resolve('src/composition/small-heap.ts');
const MEBIBYTE = 2 ** 20;
const SMALL = `import { keepHeapSmall } from ${JSON.stringify(MODULE)}; keepHeapSmall();`;

/** Works with objects that live for a while, as those of requests do, with pauses, and prints the sizes of the heap. */
const WORK = `
  import { getHeapSpaceStatistics } from 'node:v8';
  const held = [];
  for (let index = 0; index < 6_000_000; index += 1) {
    held[index % 30_000] = { index, list: [index] };
    if (index % 2_000 === 0) await new Promise(setImmediate);
  }
  const newSpace = getHeapSpaceStatistics().find((space) => space.space_name === 'new_space');
  console.log(JSON.stringify({ heap: process.memoryUsage().heapTotal, newSpace: newSpace.space_size }));`;

const Sizes = z.object({ heap: z.number(), newSpace: z.number() });

async function sizesAfter(before: string): Promise<z.infer<typeof Sizes>> {
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--input-type=module',
    '-e',
    before + WORK,
  ]);
  return Sizes.parse(JSON.parse(stdout));
}

it('keeps the heap well below what V8 would take, without starving the space for new objects', async () => {
  const small = await sizesAfter(SMALL);
  const usual = await sizesAfter('');
  expect(small.heap).toBeLessThan(0.8 * usual.heap);
  // With 2 MiB, there are four times as many collections.
  expect(small.newSpace).toBeGreaterThan(2 * MEBIBYTE);
  // Its growth stops with the first collection that is noticed. V8 alone lets it take 52 MiB.
  expect(small.newSpace).toBeLessThan(0.5 * usual.newSpace);
});

it.each([
  {
    name: 'lets the space for new objects grow after a collection shrank it',
    spaces: { newSpaceBytes: 2 * MEBIBYTE, usedOldSpaceBytes: 20 * MEBIBYTE },
    flags: ['--semi-space-growth-factor=2', '--heap-growing-percent=50'],
  },
  {
    name: 'stops its growth at 4 MiB',
    spaces: { newSpaceBytes: 4 * MEBIBYTE, usedOldSpaceBytes: 20 * MEBIBYTE },
    flags: ['--semi-space-growth-factor=1', '--heap-growing-percent=50'],
  },
  {
    name: 'lets a large heap grow further between collections',
    spaces: { newSpaceBytes: 4 * MEBIBYTE, usedOldSpaceBytes: 100 * MEBIBYTE },
    flags: ['--semi-space-growth-factor=1', '--heap-growing-percent=100'],
  },
])('$name', ({ spaces, flags }) => {
  expect(flagsFor(spaces)).toEqual(flags);
});
