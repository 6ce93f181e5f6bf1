import { describe, expect, it } from '@jest/globals';
import { FROZEN_FIELDS, GpuPodSpec } from '../../src/api/gpupod/spec.ts';
import { isHashOf, specHash } from '../../src/lifecycle/spec-hash.ts';
import { spec } from '../offers/support/builders.ts';
import type { SpecOverrides } from '../offers/support/builders.ts';

const base = specHash(spec());

describe('specHash', () => {
  const changes: Record<(typeof FROZEN_FIELDS)[number], SpecOverrides> = {
    gpu: { gpu: { types: ['H100_80GB'], count: 2 } },
    placement: { placement: { spot: 'Allow' } },
    resources: { resources: { diskSize: 200 } },
    image: { image: 'cuda_12_1_pytorch_2_2' },
    customTemplateId: { customTemplateId: 'cm2szl4a20001tl3pyq7ua6o7' },
    env: { env: [{ name: 'A', value: '1' }] },
    sshKeyId: { sshKeyId: 'key-1' },
    ssh: { ssh: { keyId: 'key-1' } },
    disks: { disks: ['disk-1'] },
    teamId: { teamId: 'team-1' },
    jupyterPasswordSecretRef: { jupyterPasswordSecretRef: { name: 's', key: 'k' } },
    accountRef: { accountRef: { kind: 'GpuAccount', name: 'mine' } },
  };

  it.each(FROZEN_FIELDS)('changes with %s, which determines what is rented', (field) => {
    expect(specHash(spec(changes[field]))).not.toBe(base);
  });

  it.each<{ name: string; change: SpecOverrides }>([
    { name: 'maxPrice', change: { maxPrice: 5 } },
    { name: 'strategy', change: { strategy: 'BestStock' } },
    { name: 'maxAttempts', change: { maxAttempts: 9 } },
    { name: 'provisioningTimeout', change: { provisioningTimeout: '1h' } },
    { name: 'offerTimeout', change: { offerTimeout: '1h' } },
    { name: 'deletionPolicy', change: { deletionPolicy: 'Retain' } },
    { name: 'suspend', change: { suspend: true } },
  ])('stays the same with $name, which need not end an instance that is being created', ({ change }) => {
    expect(specHash(spec(change))).toBe(base);
  });

  it('is that of versions without accounts for a GpuPod that names none, so that an upgrade terminates nothing', () => {
    const written = GpuPodSpec.parse({ gpu: { types: ['H100_80GB'] }, maxPrice: 3, teamId: 'team-1' });
    expect(isHashOf('768eac7683db7635', written)).toBe(true);
    expect(isHashOf('768eac7683db7635', { ...written, disks: ['disk-1'] })).toBe(false);
  });

  it('changes with the security, whatever the spec said before', () => {
    const of = (placement: object): string => specHash(spec({ placement }));
    // An account may have any by default, so secure_cloud is news.
    expect(isHashOf(of({}), spec({ placement: { security: 'secure_cloud' } }))).toBe(false);
    expect(isHashOf(of({}), spec({ placement: { security: 'any' } }))).toBe(false);
    expect(isHashOf(of({ security: 'any' }), spec())).toBe(false);
    expect(isHashOf(of({}), spec())).toBe(true);
  });

  it('ignores the sequence of the fields in the spec', () => {
    const one = spec({ placement: { security: 'any', spot: 'Allow' } });
    const other = spec({ placement: { spot: 'Allow', security: 'any' } });
    expect(specHash(one)).toBe(specHash(other));
  });

  it('ignores the sequence of the fields in the schema, which would terminate instances on an upgrade', () => {
    const parsed = spec({ placement: { security: 'any', spot: 'Allow' } });
    const { security, spot, allowPrepaid, minStock } = parsed.placement;
    expect(specHash({ ...parsed, placement: { spot, minStock, security, allowPrepaid } })).toBe(
      specHash(parsed),
    );
    expect(specHash({ ...parsed, placement: { minStock, spot, security, allowPrepaid } })).toBe(
      specHash(parsed),
    );
  });

  it('is short enough for an annotation', () => {
    expect(base).toMatch(/^[0-9a-f]{16}$/);
  });

  it('depends on the sequence of a list, because the first GPU type is tried first', () => {
    const one = spec({ gpu: { types: ['A', 'B'] } });
    const other = spec({ gpu: { types: ['B', 'A'] } });
    expect(specHash(one)).not.toBe(specHash(other));
  });

  it('distinguishes a value under one field from the same value under another', () => {
    expect(specHash(spec({ sshKeyId: 'x' }))).not.toBe(specHash(spec({ teamId: 'x' })));
  });
});
