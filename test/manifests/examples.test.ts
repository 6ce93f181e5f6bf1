import { globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { gpuPodsIn, problemsOf } from '../docs/support/gpu-pod-yaml.ts';

const examples = globSync('examples/*.yaml').map((file) => ({
  file,
  gpuPods: gpuPodsIn(readFileSync(file, 'utf8')),
}));

describe('the examples', () => {
  it.each(examples)('$file holds a GpuPod, and no field that does not exist', ({ gpuPods }) => {
    expect(gpuPods.map(problemsOf)).toEqual([[]]);
  });

  it('have a cap each: people copy them', () => {
    expect(examples.flatMap(({ gpuPods }) => gpuPods)).not.toContainEqual(
      expect.not.objectContaining({ spec: expect.objectContaining({ maxPrice: expect.any(Number) }) }),
    );
  });

  it('have names of their own: all of them can be applied at once', () => {
    const names = examples.flatMap(({ gpuPods }) => gpuPods).map(({ metadata }) => JSON.stringify(metadata));
    expect(new Set(names).size).toBe(examples.length);
  });
});
