import { describe, expect, it } from '@jest/globals';
import { ApiStatusError } from '../../../../src/kubernetes/client/api-errors.ts';
import type { ConfigMap } from '../../../../src/kubernetes/client/config-map-client.ts';
import { ensureInstallation } from '../../../../src/controllers/gpupod/installation/installation.ts';
import type { Installation } from '../../../../src/controllers/gpupod/installation/installation.ts';

interface Case {
  readonly record?: Record<string, string>;
  readonly given?: string;
  readonly accepted?: string;
  /** Uid of namespace kube-system. `forbidden`: the operator may not read the namespace. */
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
        if (cluster === 'forbidden') {
          throw new ApiStatusError(403, 'Forbidden', 'namespaces "kube-system" is forbidden');
        }
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
    { name: 'trusts a generated ID', is: {}, doubt: NONE },
    { name: 'trusts a recorded ID', is: { record: OURS }, doubt: NONE },
    { name: 'doubts a given ID that is not recorded', is: { given: 'abc123' }, doubt: /was given/ },
    {
      name: 'doubts a given ID that equals the record',
      is: { given: 'abc123', record: OURS },
      doubt: /was given/,
    },
    {
      name: 'doubts a recorded ID that was once given',
      is: { record: { ...OURS, idSource: 'given' } },
      doubt: /was given/,
    },
    {
      name: 'doubts a given ID that differs from the record',
      is: { given: 'zzz999', record: OURS },
      doubt: /recorded here \(abc123\)/,
    },
    {
      name: 'trusts a given ID that is confirmed',
      is: { given: 'zzz999', record: OURS, accepted: 'zzz999' },
      doubt: NONE,
    },
    {
      name: 'doubts a given ID when another one is confirmed',
      is: { given: 'zzz999', accepted: 'abc123' },
      doubt: /zzz999/,
    },
    {
      name: 'doubts a recorded ID when it may not identify the cluster',
      is: { record: OURS, cluster: 'forbidden' },
      doubt: /kube-system/,
    },
  ])('$name', async ({ is, doubt }) => {
    const { idDoubt } = await ensure(is);
    expect(idDoubt ?? '').toMatch(doubt);
  });

  it('starts without the right to read namespace kube-system, and detects no clone', async () => {
    const installation = await ensure({ record: { ...OURS, clusterUid: 'elsewhere' }, cluster: 'forbidden' });
    expect(installation).toMatchObject({ id: 'abc123', isClusterKnown: false, clonedFrom: undefined });
  });

  it('detects a clone when it may read namespace kube-system', async () => {
    const installation = await ensure({ record: { ...OURS, clusterUid: 'elsewhere' } });
    expect(installation).toMatchObject({ isClusterKnown: true, clonedFrom: 'elsewhere' });
  });
});
