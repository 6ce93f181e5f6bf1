import { describe, expect, it } from '@jest/globals';
import { gpuPodsIn, problemsOf } from './support/gpu-pod-yaml.ts';
import { markdownFiles } from './support/markdown.ts';

const gpuPods = markdownFiles().flatMap(({ path, blocks }) =>
  blocks
    .filter(({ language }) => language === 'yaml')
    .flatMap(({ text }) => gpuPodsIn(text))
    .map((gpuPod) => ({ path, gpuPod })),
);

describe('GpuPods in documents', () => {
  it.each(gpuPods)('of $path are valid as they are', ({ gpuPod }) => {
    expect(problemsOf(gpuPod)).toEqual([]);
  });

  it('exist, for example in the README', () => {
    expect(gpuPods.map(({ path }) => path)).toContain('README.md');
  });
});

describe('problemsOf', () => {
  const good = {
    apiVersion: 'gpupod.dev/v1alpha1',
    kind: 'GpuPod',
    metadata: { name: 'a' },
    spec: { gpu: { types: ['H100_80GB'] } },
  };

  it.each([
    {
      name: 'a misspelled field',
      spec: { gpu: { types: ['A'], cuont: 2 } },
      problem: 'spec.gpu.cuont is no field',
    },
    {
      name: 'one within a list',
      spec: { gpu: { types: ['A'] }, env: [{ name: 'A', vaule: 'b' }] },
      problem: 'spec.env[].vaule is no field',
    },
    { name: 'a value that does not fit', spec: { gpu: { types: [] } }, problem: 'spec.gpu.types' },
  ])('names $name', ({ spec, problem }) => {
    expect(problemsOf({ ...good, spec })).toEqual([expect.stringContaining(problem)]);
  });

  it('names another version of the API', () => {
    expect(problemsOf({ ...good, apiVersion: 'gpupod.dev/v1' })).toHaveLength(1);
  });
});
