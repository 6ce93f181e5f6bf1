import { describe, expect, it } from '@jest/globals';
import { defaultSizes, fitSizes } from '../../src/offers/sizes.ts';
import { guideOffer, offer, resource } from './support/builders.ts';

describe('the sizes of all parts of an offer', () => {
  it('are sent only if they differ from a default, under the names of the create request', () => {
    expect(fitSizes(guideOffer(), { diskSize: 200, vcpus: 16, memory: 64 }, 'AtLeast')).toEqual({
      kind: 'fits',
      sizes: { diskSize: 200, vcpus: 16, memory: 180, sent: { diskSize: 200 } },
    });
  });

  it('follow the requirement of each part', () => {
    const sizable = resource({ minCount: 1, maxCount: 99, defaultCount: 5 });
    const sizing = fitSizes(
      offer({ disk: sizable, vcpus: sizable, memory: sizable }),
      { diskSize: 11, vcpus: 22, memory: 33 },
      'Exact',
    );
    expect(sizing).toMatchObject({ sizes: { sent: { diskSize: 11, vcpus: 22, memory: 33 } } });
  });

  it('name the first part that does not fit', () => {
    expect(fitSizes(guideOffer(), { vcpus: 99, memory: 999 }, 'AtLeast')).toEqual({
      kind: 'misses',
      name: 'vcpus',
      requested: 99,
      nearest: 32,
    });
  });

  it('include defaults without sending them, and leave out unknown ones', () => {
    const unknown = defaultSizes(offer({ memory: resource() }));
    expect(unknown).toEqual({ diskSize: 100, vcpus: 28, sent: {} });
    expect(Object.keys(unknown)).not.toContain('memory');
    expect(defaultSizes(offer())).toEqual({ diskSize: 100, vcpus: 28, memory: 180, sent: {} });
  });
});
