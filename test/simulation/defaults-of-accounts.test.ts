import { describe, expect, it, jest } from '@jest/globals';
import type { GpuPodSpecInput } from '../../src/api/gpupod/spec.ts';
import { AccountScene } from './account-scene.ts';
import { specOf, statusOf } from './readings.ts';
import { OFFERS } from './simulation-offers.ts';

jest.setTimeout(5 * 60_000);

const MINUTE_MS = 60_000;
const ALL = { namespaceSelector: {}, isDefault: true };

describe('the defaults of an account', () => {
  it('hold where a GpuPod is silent, and satisfy what the account requires', async () => {
    const scene = new AccountScene();
    scene.addClusterAccount('ml', 'key-of-a', {
      ...ALL,
      limits: { requireMaxPrice: true },
      defaults: { maxPrice: 0.5, maxLifetime: '2h' },
    });
    await scene.start();
    scene.apply('team-a', { maxPrice: undefined });
    scene.apply('team-b');
    await scene.untilReady('team-b');
    expect(scene.payersOf('team-a')).toEqual([]);
    expect(statusOf(scene.held('team-a'))['hint']).toContain('raise maxPrice to');
    const { createdAt, expiresAt } = statusOf(scene.held('team-b'));
    expect(Date.parse(String(expiresAt)) - Date.parse(String(createdAt))).toBe(2 * 60 * MINUTE_MS);
  });

  it.each<{ name: string; defaults: object; spec?: Partial<GpuPodSpecInput>; security: string }>([
    { name: 'data centers, where the account is silent as well', defaults: {}, security: 'secure_cloud' },
    {
      name: 'what the account says, where the GpuPod is silent',
      defaults: { placement: { security: 'any' } },
      security: 'community_cloud',
    },
    {
      name: 'what the GpuPod says, whatever the account does',
      defaults: { placement: { security: 'any' } },
      spec: { placement: { security: 'secure_cloud' } },
      security: 'secure_cloud',
    },
  ])('choose the security of offers: $name', async ({ defaults, spec = {}, security }) => {
    const atHome = OFFERS.slice(0, 1).map((one) => ({
      ...one,
      cloudId: 'at-home',
      security: 'community_cloud' as const,
      prices: { communityPrice: 1 },
    }));
    const scene = new AccountScene({ offers: [...OFFERS, ...atHome] });
    scene.addClusterAccount('ml', 'key-of-a', { ...ALL, defaults });
    await scene.start();
    scene.apply('team-a', spec);
    await scene.untilReady('team-a');
    expect(statusOf(scene.held('team-a'))['offer']).toMatchObject({ security });
    // Defaults are applied in code and never written, so that a later default holds for the next instance.
    expect(specOf(scene.held('team-a'))).not.toHaveProperty('placement.security', 'any');
  });
});
