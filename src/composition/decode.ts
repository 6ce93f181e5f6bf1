import { ANNOTATION_LENGTHS } from '../api/common/names.ts';
import { keepOnly } from '../kubernetes/objects.ts';

/**
 * Decodes GpuPods and accounts. The operator writes back only the status and patches of its own annotations, so it may
 * drop the rest.
 */
export const decodeOwn = keepOnly({ annotations: ANNOTATION_LENGTHS, labels: false });

/** Decodes namespaces, with the labels that ClusterGpuAccounts select. */
export const decodeNamespace = keepOnly({ annotations: new Map(), labels: true });
