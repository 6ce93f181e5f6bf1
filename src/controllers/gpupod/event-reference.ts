import { API_VERSION, KIND } from '../../api/common/names.ts';
import type { EventReference } from './ports.ts';

/** Names a GpuPod as the object of an event. */
export function eventReference({
  namespace = '',
  name,
  uid,
}: {
  readonly namespace?: string | undefined;
  readonly name: string;
  readonly uid: string;
}): EventReference {
  return { apiVersion: API_VERSION, kind: KIND, namespace, name, uid };
}
