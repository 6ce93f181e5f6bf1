import { isDeepStrictEqual } from 'node:util';
import type { Watch } from '../../../kubernetes/controller.ts';
import { objectKey } from '../../../kubernetes/objects.ts';
import type { KubernetesObject } from '../../../kubernetes/objects.ts';
import type { Source, WatchedEvent } from '../../../kubernetes/cache/source.ts';
import type { ConnectAccount } from '../../../accounts/connection.ts';
import type { GpuPodView } from '../ports.ts';
import { dependantsOf } from './account-records.ts';
import type { AccountViews } from './known-accounts.ts';

/** What the controller of GpuPods needs to serve accounts. */
export interface ServedAccounts {
  readonly views: AccountViews;
  readonly sources: {
    readonly gpuAccounts: Source;
    /** Absent if the operator watches only some namespaces. */
    readonly cluster?: { readonly accounts: Source; readonly namespaces: Source } | undefined;
  };
  readonly connect: ConnectAccount;
}

/** The GpuPods that a change of an account, or of the labels of a namespace, concerns. */
export function accountWatches(
  { sources: { gpuAccounts, cluster } }: ServedAccounts,
  view: Pick<GpuPodView, 'list'>,
): readonly Watch[] {
  const ofAccount = (kind: 'GpuAccount' | 'ClusterGpuAccount', source: Source): Watch => ({
    source,
    isRelevant: isMoreThanStatus,
    toKeys: ({ meta: { name, namespace } }) => dependantsOf({ kind, name, namespace }, view.list()),
  });
  const namespaced = ofAccount('GpuAccount', gpuAccounts);
  if (cluster === undefined) {
    return [namespaced];
  }
  const ofNamespace: Watch = {
    source: cluster.namespaces,
    isRelevant: (event) => isChanged(event, ({ metadata }) => metadata.labels ?? {}),
    toKeys: ({ meta: { name } }) =>
      view
        .list()
        .filter(({ metadata }) => metadata.namespace === name)
        .map(objectKey),
  };
  return [namespaced, ofAccount('ClusterGpuAccount', cluster.accounts), ofNamespace];
}

/** The status of an account changes with each of its instances, which would reconcile all the others. */
function isMoreThanStatus(event: WatchedEvent): boolean {
  return isChanged(event, ({ metadata: { generation, deletionTimestamp } }) => {
    return [generation, deletionTimestamp];
  });
}

function isChanged({ stored, previous }: WatchedEvent, part: (object: KubernetesObject) => unknown): boolean {
  return previous === undefined || !isDeepStrictEqual(part(stored), part(previous));
}
