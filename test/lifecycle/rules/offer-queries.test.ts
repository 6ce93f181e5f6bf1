import { describe, expect, it } from '@jest/globals';
import { rent } from '../support/rules.ts';
import { gpuPod } from '../../support/builders/gpu-pod.ts';
import { observed } from '../../support/builders/observation.ts';
import { effectOf } from '../support/outline.ts';

describe('what is asked of the availability API', () => {
  it('is one query a GPU type, sorted, so that equal questions are asked once', () => {
    const spec = {
      gpu: { types: ['B', 'A', 'B'], count: 2 },
      placement: { regions: ['us', 'eu'] },
      disks: ['d2', 'd1'],
    };
    const rest = { gpuCount: 2, regions: ['eu', 'us'], disks: ['d1', 'd2'] };
    expect(effectOf(rent(observed({ gpuPod: gpuPod({ spec }) })))).toEqual({
      type: 'readOffers',
      queries: [
        { gpuType: 'B', ...rest },
        { gpuType: 'A', ...rest },
      ],
    });
  });

  it('names no region and no disk where the spec names none', () => {
    expect(effectOf(rent(observed()))).toEqual({
      type: 'readOffers',
      queries: [{ gpuType: 'H100_80GB', gpuCount: 1, regions: [], disks: [] }],
    });
  });
});
