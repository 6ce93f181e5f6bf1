import { ANNOTATIONS } from '../../../api/common/names.ts';
import type { GpuPod } from '../../../api/gpupod/gpu-pod.ts';
import { readIntent, writeIntent, writingOf } from '../../../lifecycle/intent.ts';
import type { Intent } from '../../../lifecycle/intent.ts';
import type { LocalState } from '../../../lifecycle/local-state.ts';
import { sameName } from '../../../lifecycle/pod-name.ts';

type Remembered = Pick<LocalState, 'pendingCreate' | 'unbound'>;

/**
 * Puts the create intent back that this process sent. Whoever edits it during the create request could otherwise choose
 * the account, team or price that the operator records and signs with the instance.
 */
export function withSentIntent(gpuPod: GpuPod, remembered: Remembered): GpuPod {
  const sent = remembered.pendingCreate?.sent;
  const reading = readIntent(gpuPod);
  if (sent === undefined || reading.kind !== 'read' || !isSent(reading.intent, sent, remembered)) {
    return gpuPod;
  }
  const { metadata } = gpuPod;
  const text = writeIntent(sent);
  return metadata.annotations[ANNOTATIONS.intent] === text
    ? gpuPod
    : {
        ...gpuPod,
        metadata: { ...metadata, annotations: { ...metadata.annotations, [ANNOTATIONS.intent]: text } },
      };
}

/** Another process may have written an intent of the same name, unless this process has the response to its own. */
function isSent(found: Intent, sent: Intent, { unbound }: Remembered): boolean {
  const isSameWriting = writingOf(found) === writingOf(sent);
  const isAnswered = sameName(unbound?.podName, sent.name) && sameName(found.name, sent.name);
  return isSameWriting || isAnswered;
}
