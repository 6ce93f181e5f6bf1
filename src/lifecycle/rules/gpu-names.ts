/** Finds the model of a data center GPU in any text: `NVIDIA H100 80GB HBM3`, `H100_80GB`, `L40S`. */
const MODEL = /(?:^|[^a-z])((?:gh|gb|[abhlvtp])\d{1,4}s?)(?![0-9])/i;
/** The provider's own GPU types: a model and its memory. */
const PROVIDER_TYPE = /^([A-Za-z0-9_]+)_(\d+)GB$/;

/**
 * Whether the instance reports another GPU than requested. Upstream providers spell names in many ways, so a text
 * without a known model is no difference.
 */
export function isOtherGpu(requested: string, reported: string): boolean {
  const [ownRequested, ownReported] = [PROVIDER_TYPE.exec(requested), PROVIDER_TYPE.exec(reported)];
  if (ownRequested !== null && ownReported !== null) {
    const isSameModel = normalized(ownRequested[1] ?? '') === normalized(ownReported[1] ?? '');
    return !isSameModel || Number(ownReported[2]) < Number(ownRequested[2]);
  }
  const [modelRequested, modelReported] = [modelOf(requested), modelOf(reported)];
  return modelRequested !== undefined && modelReported !== undefined && modelRequested !== modelReported;
}

/** Lower case, letters and digits only. */
export function normalized(text: string): string {
  return text.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
}

function modelOf(name: string): string | undefined {
  return MODEL.exec(name)?.[1]?.toLowerCase();
}
