import { describe, expect, it } from '@jest/globals';
import { ApiStatusError } from '../../src/kubernetes/api-errors.ts';
import type { ConfigMap } from '../../src/kubernetes/config-map-client.ts';
import { ensureInstallation } from '../../src/reconciler/installation.ts';
import type { Installation } from '../../src/reconciler/installation.ts';

interface Case {
  readonly record?: Record<string, string>;
  readonly given?: string;
  readonly accepted?: string;
  /** Uid of namespace kube-system; `forbidden`: it may not be read. */
  readonly cluster?: string;
}

function configMap(data: Record<string, string>): ConfigMap {
  const metadata = { name: 'n', uid: 'u', resourceVersion: '1', generation: 1 };
  return { metadata, data };
}

async function ensure({ record, given, accepted, cluster = 'here' }: Case): Promise<Installation> {
  return await ensureInstallation({
    configMaps: {
      get: async () => await Promise.resolve(record === undefined ? undefined : configMap(record)),
      create: async (_namespace, object) =>
        await Promise.resolve(configMap(object['data'] as Record<string, string>)),
      mergePatch: async () => await Promise.resolve(configMap({})),
    },
    namespaces: {
      get: async () => {
        if (cluster === 'forbidden')
          throw new ApiStatusError(403, 'Forbidden', 'namespaces "kube-system" is forbidden');
        return await Promise.resolve({ metadata: { ...configMap({}).metadata, uid: cluster } });
      },
    },
    namespace: 'gpupod-system',
    givenId: given,
    acceptCluster: undefined,
    acceptInstallation: accepted,
    nowMs: 0,
  });
}

const NONE = /^$/;
const OURS = { installationId: 'abc123', clusterUid: 'here' };

describe('the record of an installation', () => {
  it.each<{ name: string; is: Case; doubt: RegExp }>([
    { name: 'made up here', is: {}, doubt: NONE },
    { name: 'made up here before', is: { record: OURS }, doubt: NONE },
    { name: 'given, and never recorded', is: { given: 'abc123' }, doubt: /was given/ },
    { name: 'given, as recorded', is: { given: 'abc123', record: OURS }, doubt: /was given/ },
    {
      name: 'given once, by now recorded',
      is: { record: { ...OURS, idSource: 'given' } },
      doubt: /was given/,
    },
    {
      name: 'given, unlike the record',
      is: { given: 'zzz999', record: OURS },
      doubt: /recorded here \(abc123\)/,
    },
    {
      name: 'given and confirmed',
      is: { given: 'zzz999', record: OURS, accepted: 'zzz999' },
      doubt: NONE,
    },
    {
      name: 'given, and another one confirmed',
      is: { given: 'zzz999', accepted: 'abc123' },
      doubt: /zzz999/,
    },
    {
      name: 'in a cluster that may not be known',
      is: { record: OURS, cluster: 'forbidden' },
      doubt: /kube-system/,
    },
  ])('$name', async ({ is, doubt }) => {
    const { idDoubt } = await ensure(is);
    expect(idDoubt ?? '').toMatch(doubt);
  });

  it('goes on without the right to read namespace kube-system, and knows no clone', async () => {
    const installation = await ensure({ record: { ...OURS, clusterUid: 'elsewhere' }, cluster: 'forbidden' });
    expect(installation).toMatchObject({ id: 'abc123', isClusterKnown: false, clonedFrom: undefined });
  });

  it('still knows a clone where it may', async () => {
    const installation = await ensure({ record: { ...OURS, clusterUid: 'elsewhere' } });
    expect(installation).toMatchObject({ isClusterKnown: true, clonedFrom: 'elsewhere' });
  });
});
