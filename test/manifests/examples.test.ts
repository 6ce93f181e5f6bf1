import { globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { recordAt } from '../../src/json.ts';
import { gpuPodsIn, problemsOf } from '../docs/support/gpu-pod-yaml.ts';

const examples = globSync('examples/*.yaml').map((file) => {
  const yaml = readFileSync(file, 'utf8');
  return { file, yaml, gpuPods: gpuPodsIn(yaml) };
});

describe('the examples', () => {
  it.each(examples)('include a GpuPod in $file, without unknown fields', ({ gpuPods }) => {
    expect(gpuPods.map(problemsOf)).toEqual([[]]);
  });

  it('have a cap each, of their own or by default of their account, because people copy them', () => {
    const uncapped = examples.filter(
      ({ yaml, gpuPods }) =>
        !gpuPods.every(({ spec }) => typeof recordAt({ spec }, 'spec')['maxPrice'] === 'number') &&
        !/\n {2}defaults:\n {4}maxPrice: \d/.test(yaml),
    );
    expect(uncapped.map(({ file }) => file)).toEqual([]);
  });

  it('have different names, so that all of them can be applied at once', () => {
    const names = examples.flatMap(({ gpuPods }) => gpuPods).map(({ metadata }) => JSON.stringify(metadata));
    expect(new Set(names).size).toBe(examples.length);
  });
});
