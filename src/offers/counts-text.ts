import { shortWord } from './offer-text.ts';
import type { Rejection } from './rejections.ts';
import type { OfferRequirements } from './requirements.ts';

/**
 * Says which GPU counts exist where no offer has the required one:
 * `No offer has 8 × H100_80GB. Single-instance offers: 1, 2, 4 GPUs.` Undefined if the count is not the problem, or
 * no other is known.
 */
export function countsText(
  rejections: readonly Rejection[],
  requirements: OfferRequirements,
): string | undefined {
  const offers = rejections.map(({ candidate }) => candidate.offer);
  const wanted = offers.filter(({ gpuType }) => requirements.gpuTypes.includes(gpuType));
  const single = wanted.filter(({ multiNode }) => !multiNode);
  if (wanted.length === 0 || single.some(({ gpuCount }) => gpuCount === requirements.gpuCount)) {
    return undefined;
  }
  const counts = requirements.gpuTypes.flatMap((gpuType) => {
    const found = new Set(
      single.filter((offer) => offer.gpuType === gpuType).map(({ gpuCount }) => gpuCount),
    );
    const list = [...found].toSorted((a, b) => a - b).join(', ');
    const unit = list === '1' ? 'GPU' : 'GPUs';
    return list === ''
      ? []
      : [requirements.gpuTypes.length === 1 ? `${list} ${unit}` : `${list} × ${shortWord(gpuType)}`];
  });
  const types = requirements.gpuTypes.map(shortWord).join(' or ');
  const sentences = [
    `No offer has ${requirements.gpuCount} × ${types}.`,
    ...(counts.length === 0 ? [] : [`Single-instance offers: ${counts.join('; ')}.`]),
    ...(single.length < wanted.length
      ? ['Multi-node offers exist, but the operator does not rent them.']
      : []),
  ];
  return sentences.join(' ');
}
