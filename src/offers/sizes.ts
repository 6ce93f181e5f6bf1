import type { CustomResource, Offer, Sizes } from './offer.ts';
import { chooseSize } from './reachable-size.ts';
import type { Fit, SizeChoice } from './reachable-size.ts';

/** The sizable parts, with the names of the spec and of the create request. */
export const SIZE_NAMES = ['diskSize', 'vcpus', 'memory'] as const;
export type SizeName = (typeof SIZE_NAMES)[number];

/** Required sizes: disk in GB, vCPUs, memory in GB. Absent: the default of the offer. */
export type SizeRequirements = { readonly [N in SizeName]?: number };

/** The sizes that an instance of the offer gets, or the first requirement that it cannot meet. */
export type Sizing =
  { readonly kind: 'fits'; readonly sizes: Sizes } | ({ readonly kind: 'misses' } & SizeMiss);

export interface SizeMiss {
  readonly name: SizeName;
  readonly requested: number;
  /** The size closest to the required one that this offer can have, if there is any. */
  readonly nearest: number | undefined;
}

/** The sizes of an offer when nothing is required. */
export function defaultSizes(offer: Offer): Sizes {
  return toSizes([
    ['diskSize', { kind: 'fits', size: offer.disk.defaultCount, isSent: false }],
    ['vcpus', { kind: 'fits', size: offer.vcpus.defaultCount, isSent: false }],
    ['memory', { kind: 'fits', size: offer.memory.defaultCount, isSent: false }],
  ]);
}

/** Fits an offer to the required sizes. Parts are priced separately, so each size is chosen separately. */
export function fitSizes(offer: Offer, requirements: SizeRequirements, fit: Fit): Sizing {
  const choices: [SizeName, SizeFit][] = [];
  for (const name of SIZE_NAMES) {
    const requested = requirements[name];
    const choice = chooseSize(resourceOf(offer, name), requested, fit);
    if (choice.kind === 'misses') {
      return { kind: 'misses', name, requested: requested ?? 0, nearest: choice.nearest };
    }
    choices.push([name, choice]);
  }
  return { kind: 'fits', sizes: toSizes(choices) };
}

/** The part of an offer that a size belongs to. */
export function resourceOf(offer: Offer, name: SizeName): CustomResource {
  return name === 'diskSize' ? offer.disk : offer[name];
}

type SizeFit = Extract<SizeChoice, { kind: 'fits' }>;

function toSizes(choices: readonly (readonly [SizeName, SizeFit])[]): Sizes {
  const all: { [N in SizeName]?: number } = {};
  const sent: { [N in SizeName]?: number } = {};
  for (const [name, { size, isSent }] of choices) {
    if (size === undefined) {
      continue;
    }
    all[name] = size;
    if (isSent) {
      sent[name] = size;
    }
  }
  return { ...all, sent };
}
