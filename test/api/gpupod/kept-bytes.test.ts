import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from '@jest/globals';
import * as z from 'zod';

const Bytes = z.object({ received: z.number().positive(), kept: z.number().positive() });

it('takes little more than half of the heap for a GpuPod that its JSON takes, with its parsed form', async () => {
  const program = path.resolve('test/api/support/heap-of-gpu-pods.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [program]);
  const { received, kept } = Bytes.parse(JSON.parse(stdout));
  // The create intent, which is text, takes a third of it in both forms.
  expect(kept).toBeLessThan(0.7 * received);
});
