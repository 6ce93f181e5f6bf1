/** Finds the model of a data center GPU in any text: `NVIDIA H100 80GB HBM3`, `H100_80GB`, `L40S`. */
const MODEL = /(?:^|[^a-z])((?:gh|gb|[abhlvtp])\d{1,4}s?)(?![0-9])/i;
/** The provider's own GPU types: a model and its memory. */
const OWN_WORD = /^([A-Za-z0-9_]+)_(\d+)GB$/;

/**
 * Whether the instance reports another GPU than requested. Upstream providers spell names in many ways, so a text
 * without a known model is no difference.
 */
export function isOtherGpu(requested: string, said: string): boolean {
  const [ownRequested, ownSaid] = [OWN_WORD.exec(requested), OWN_WORD.exec(said)];
  if (ownRequested !== null && ownSaid !== null) {
    const isSameModel = squashed(ownRequested[1] ?? '') === squashed(ownSaid[1] ?? '');
    return !isSameModel || Number(ownSaid[2]) < Number(ownRequested[2]);
  }
  const [modelRequested, modelSaid] = [modelOf(requested), modelOf(said)];
  return modelRequested !== undefined && modelSaid !== undefined && modelRequested !== modelSaid;
}

/** Lower case, letters and digits only. */
export function squashed(text: string): string {
  return text.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
}

function modelOf(name: string): string | undefined {
  return MODEL.exec(name)?.[1]?.toLowerCase();
}
