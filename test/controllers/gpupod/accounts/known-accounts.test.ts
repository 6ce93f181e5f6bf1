import { describe, expect, it } from '@jest/globals';
import { accountWatches } from '../../../../src/controllers/gpupod/accounts/account-watches.ts';
import { knownAccounts } from '../../../../src/controllers/gpupod/accounts/known-accounts.ts';
import type { AccountViews } from '../../../../src/controllers/gpupod/accounts/known-accounts.ts';
import type { Source } from '../../../../src/kubernetes/cache/source.ts';
import { toWatchedEvent } from '../../../../src/kubernetes/frame.ts';
import { rawGpuPod } from '../../../support/builders/gpu-pod.ts';
import { rawAccount } from '../../gpuaccount/support/account.ts';

const NAME = 'ml';
const NAMESPACE = { name: 'team-a', uid: 'uid-namespace', resourceVersion: '1' };

function viewsOf(
  labels: Record<string, string> | undefined,
  namespaceSelector: Record<string, unknown>,
): AccountViews {
  const object = rawAccount({ name: NAME, namespace: null, spec: { namespaceSelector, isDefault: true } });
  const none = { get: () => undefined, list: () => [] };
  return {
    gpuAccounts: none,
    cluster: {
      accounts: { get: (key) => (key === NAME ? object : undefined), list: () => [object] },
      namespaces: {
        get: () => (labels === undefined ? undefined : { metadata: { ...NAMESPACE, labels } }),
        list: () => [],
      },
    },
  };
}

describe('whether a ClusterGpuAccount is for a namespace', () => {
  const withTeam = { matchExpressions: [{ key: 'team', operator: 'Exists' }] };
  const withoutTeam = { matchExpressions: [{ key: 'team', operator: 'DoesNotExist' }] };

  it.each<{
    name: string;
    labels: Record<string, string> | undefined;
    selector: Record<string, unknown>;
    isFor: boolean | undefined;
    defaults: number;
  }>([
    { name: 'yes by its labels', labels: { team: 'a' }, selector: withTeam, isFor: true, defaults: 1 },
    { name: 'no without labels', labels: {}, selector: withTeam, isFor: false, defaults: 0 },
    {
      name: 'yes for a namespace that lacks the label',
      labels: {},
      selector: withoutTeam,
      isFor: true,
      defaults: 1,
    },
    {
      name: 'unknown before the namespace is seen, where a missing label selects it',
      labels: undefined,
      selector: withoutTeam,
      isFor: undefined,
      defaults: 1,
    },
    {
      name: 'unknown before the namespace is seen, where a label selects it',
      labels: undefined,
      selector: withTeam,
      isFor: undefined,
      defaults: 1,
    },
  ])('is $name', ({ labels, selector, isFor, defaults }) => {
    const known = knownAccounts(viewsOf(labels, selector), 'team-a');
    expect(known.find({ kind: 'ClusterGpuAccount', name: NAME })?.isForNamespace).toBe(isFor);
    expect(known.defaults()).toHaveLength(defaults);
  });
});

it('knows an account that this version cannot read, and what is wrong with it', () => {
  const known = knownAccounts(viewsOf({}, { matchLabels: 7 }), 'team-a');
  expect(known.find({ kind: 'ClusterGpuAccount', name: NAME })).toMatchObject({
    reference: { kind: 'ClusterGpuAccount', name: NAME },
    unreadable: expect.stringContaining('namespaceSelector'),
  });
  expect(known.defaults()).toHaveLength(1);
});

describe('a namespace that appears in the watch cache', () => {
  it('reconciles its GpuPods, which waited for its labels', () => {
    const source: Source = { subscribe: () => () => undefined };
    const watches = accountWatches(
      {
        views: viewsOf(undefined, {}),
        sources: { gpuAccounts: source, cluster: { accounts: source, namespaces: source } },
        connect: () => {
          throw new Error('nothing is connected here');
        },
      },
      { list: () => [rawGpuPod(), rawGpuPod({ namespace: 'team-b' })] },
    );
    const type = { group: '', version: 'v1', plural: 'namespaces' };
    const added = toWatchedEvent({ type: 'ADDED', object: { metadata: NAMESPACE } }, type);
    const relevant = watches.filter(({ isRelevant }) => isRelevant?.(added) ?? true);
    expect(relevant.flatMap(({ toKeys }) => toKeys(added))).toContain('team-a/train-1');
    expect(watches[2]?.toKeys(added)).toEqual(['team-a/train-1']);
  });
});
