import { describe, expect, it } from '@jest/globals';
import { parseDurationMs } from '../../src/api/common/duration.ts';
import { API_VERSION, KIND } from '../../src/api/common/names.ts';
import { gpuPod } from '../support/builders/gpu-pod.ts';
import { markdownFiles, tableBelow } from '../docs/support/markdown.ts';
import { argoConfig } from './support/argo-config.ts';
import { fluxHealthCheck, fluxKustomization } from './support/flux.ts';

describe('the Kustomization for Flux', () => {
  const { spec } = fluxKustomization();

  it('checks GpuPods of the version that the CRD serves', () => {
    expect(fluxHealthCheck()).toMatchObject({ apiVersion: API_VERSION, kind: KIND });
  });

  it('waits for them, or the expressions would count for nothing', () => {
    expect(spec.wait).toBe(true);
  });

  it('waits longer than an instance may take to become ready', () => {
    const { provisioningTimeout } = gpuPod().spec;
    expect(parseDurationMs(spec.timeout)).toBeGreaterThan(parseDurationMs(provisioningTimeout) ?? Infinity);
  });
});

describe('the guide', () => {
  it('says of each action in Argo CD what it does', () => {
    const page = markdownFiles().find(({ path }) => path === 'docs/how-to/gitops.md');
    if (page === undefined) throw new Error('there is no guide');
    const named = tableBelow(page, '## Health in Argo CD').map(([action = '']) => action.replaceAll('`', ''));
    expect(named.toSorted()).toEqual([...argoConfig().actions.keys()].toSorted());
  });
});
