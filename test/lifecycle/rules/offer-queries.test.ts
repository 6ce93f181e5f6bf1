import { describe, expect, it } from '@jest/globals';
import { rent } from '../support/rules.ts';
import { gpuPod } from '../../support/builders/gpu-pod.ts';
import { observed } from '../../support/builders/observation.ts';
import { effectOf } from '../support/outline.ts';

describe('the query to the availability API', () => {
  it('is one for each GPU type, sorted, so that equal queries are sent once', () => {
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

  it('names no region and no disk if the spec names none', () => {
    expect(effectOf(rent(observed()))).toEqual({
      type: 'readOffers',
      queries: [{ gpuType: 'H100_80GB', gpuCount: 1, regions: [], disks: [] }],
    });
  });
});
