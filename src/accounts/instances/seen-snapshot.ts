import { isDeepStrictEqual } from 'node:util';
import type { LastSeen } from '../../lifecycle/observation.ts';
import type { InstanceSnapshot } from '../../lifecycle/provider.ts';

/** A status poll has fewer fields than a full answer. Missing fields keep their last value. */
export function merge(known: InstanceSnapshot | undefined, snapshot: InstanceSnapshot): InstanceSnapshot {
  if (known === undefined) {
    return snapshot;
  }
  const isActive = snapshot.status === 'ACTIVE';
  const ssh = snapshot.ssh ?? (isActive ? known.ssh : undefined);
  const { ssh: _ssh, ...rest } = known;
  return {
    ...rest,
    ...snapshot,
    ...(ssh === undefined ? {} : { ssh }),
    ports: snapshot.ports.length === 0 && isActive ? known.ports : snapshot.ports,
  };
}

/** Whether a GpuPod has to reconcile because of what was seen. */
export function isDifferent(a: LastSeen, b: LastSeen): boolean {
  return (
    a.omitted !== b.omitted || !isDeepStrictEqual(withoutProgress(a.snapshot), withoutProgress(b.snapshot))
  );
}

function withoutProgress({
  installationProgress: _progress,
  ...snapshot
}: InstanceSnapshot): Omit<InstanceSnapshot, 'installationProgress'> {
  return snapshot;
}
