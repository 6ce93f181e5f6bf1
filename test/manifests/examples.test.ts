import { globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { gpuPodsIn, problemsOf } from '../docs/support/gpu-pod-yaml.ts';

const examples = globSync('examples/*.yaml').map((file) => ({
  file,
  gpuPods: gpuPodsIn(readFileSync(file, 'utf8')),
}));

describe('the examples', () => {
  it.each(examples)('include a GpuPod in $file, without unknown fields', ({ gpuPods }) => {
    expect(gpuPods.map(problemsOf)).toEqual([[]]);
  });

  it('have a cap each, because people copy them', () => {
    expect(examples.flatMap(({ gpuPods }) => gpuPods)).not.toContainEqual(
      expect.not.objectContaining({ spec: expect.objectContaining({ maxPrice: expect.any(Number) }) }),
    );
  });

  it('have different names, so that all of them can be applied at once', () => {
    const names = examples.flatMap(({ gpuPods }) => gpuPods).map(({ metadata }) => JSON.stringify(metadata));
    expect(new Set(names).size).toBe(examples.length);
  });
});
