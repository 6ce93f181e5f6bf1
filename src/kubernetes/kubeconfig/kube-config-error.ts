import { stringAt } from '../../json.ts';

/** There is no usable kubeconfig. The message says what to do. */
export class KubeConfigError extends Error {
  override name = 'KubeConfigError';
}

/** The message of an unknown error. */
export function messageOf(error: unknown): string {
  return stringAt(error, 'message') ?? String(error);
}
