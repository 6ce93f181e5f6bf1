import { GpuPodStatus } from '../../api/gpupod/status.ts';
import { isNormalStatus } from '../../api/gpupod/gpu-pod.ts';

/** What of a status can be written. */
export interface WritableStatus {
  readonly status: GpuPodStatus;
  /** Names of the fields that the API server would refuse. */
  readonly refused: readonly string[];
}

/** Without it the API server would refuse the rest. The operator itself counts it. */
const REQUIRED = 'observedGeneration';

/**
 * Leaves out fields that the CRD does not allow, such as a text of the provider that is longer than expected. The API
 * server refuses a status as a whole, and then an instance would bill on unseen, with a limit that nobody records.
 */
export function writableStatus(status: GpuPodStatus): WritableStatus {
  if (isNormalStatus(status)) {
    return { status, refused: [] };
  }
  const issues = GpuPodStatus.safeParse(status).error?.issues ?? [];
  const refused = new Set(
    issues.map(({ path: [field = ''] }) => String(field)).filter((field) => field !== REQUIRED),
  );
  const kept = Object.entries(status).filter(([field]) => !refused.has(field));
  return { status: Object.fromEntries(kept) as GpuPodStatus, refused: [...refused].toSorted() };
}
