import { DEFAULT_IMAGE } from '../../api/gpupod/spec.ts';
import type { Candidate } from '../candidate.ts';
import { countOf, shortWord } from '../offer-text.ts';
import type { Rejection } from '../rejections.ts';
import type { OfferRequirements } from '../requirements.ts';
import { reject, takes } from './check.ts';

/** Checks of the hardware and software of an offer. */

export function gpuTypeIsWanted(
  candidate: Candidate,
  requirements: OfferRequirements,
): Rejection | undefined {
  const { gpuType } = candidate.offer;
  return requirements.gpuTypes.includes(gpuType)
    ? undefined
    : reject(candidate, 'GpuTypeNotWanted', shortWord(gpuType));
}

export function gpuCountIsEqual(
  candidate: Candidate,
  requirements: OfferRequirements,
): Rejection | undefined {
  const { gpuCount } = candidate.offer;
  return gpuCount === requirements.gpuCount
    ? undefined
    : reject(
        candidate,
        'GpuCountDiffers',
        `with ${countOf(gpuCount, 'GPU')}`,
        Math.abs(gpuCount - requirements.gpuCount),
      );
}

export function isSingleInstance(candidate: Candidate): Rejection | undefined {
  return candidate.offer.multiNode ? reject(candidate, 'MultiNode') : undefined;
}

export function socketIsWanted(candidate: Candidate, requirements: OfferRequirements): Rejection | undefined {
  const { socket } = candidate.offer;
  return takes(requirements.sockets, socket)
    ? undefined
    : reject(candidate, 'SocketNotWanted', shortWord(socket));
}

/**
 * With a custom template no offer has to list an image: the provider's own guide uses one that is not listed. An
 * offer that lists no images may still have the default image, and a refusal moves on to the next offer.
 */
export function imageIsOffered(candidate: Candidate, requirements: OfferRequirements): Rejection | undefined {
  const { images } = candidate.offer;
  const isOffered = requirements.image === undefined || images.includes(requirements.image);
  return isOffered || (images.length === 0 && requirements.image === DEFAULT_IMAGE)
    ? undefined
    : reject(candidate, 'ImageNotOffered');
}

export function sizesAreOffered(candidate: Candidate): Rejection | undefined {
  const { sizing } = candidate;
  if (sizing.kind === 'fits') {
    return undefined;
  }
  const { name, requested, nearest } = sizing;
  return nearest === undefined
    ? reject(candidate, 'SizeNotOffered', `${name} unknown`, Infinity)
    : reject(candidate, 'SizeNotOffered', `${name} ${nearest}`, Math.abs(nearest - requested) / requested);
}
