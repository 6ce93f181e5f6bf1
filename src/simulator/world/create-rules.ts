import { requestedSizes } from './create-body.ts';
import type { CreateBody } from './create-body.ts';
import type { Offer } from './offer.ts';
import { basePricePerHour } from './price.ts';
import type { PodSizes } from './price.ts';
import { firstSizeProblem } from './sizes.ts';
import type { Account, Template } from './settings.ts';
import type { World } from './world.ts';

/** A known refusal: the status and the text of `detail`. */
export interface Refusal {
  status: number;
  detail: string;
  /** The whole body, if it is not `{detail}`. */
  body?: unknown;
}

/** The offer is listed, but sold out. */
export function soldOutRefusal({ settings }: World, provider: string): Refusal {
  return {
    status: settings.soldOutStatus,
    detail: settings.soldOutDetailBy[provider] ?? settings.soldOutDetail,
  };
}

/** What the rules check, once the offer is known. */
export interface CreateContext {
  world: World;
  account: Account;
  body: CreateBody;
  offer: Offer;
  sizes: PodSizes;
  usdPerHour: number;
}

type Rule = (context: CreateContext) => Refusal | null;

function bad(detail: string): Refusal {
  return { status: 400, detail };
}

function imageRule({ body, offer }: CreateContext): Refusal | null {
  const image = body.pod.image ?? 'ubuntu_22_cuda_12';
  if (image === 'custom_template' || offer.images.includes(image)) {
    return null;
  }
  const provider = offer.provider.charAt(0).toUpperCase() + offer.provider.slice(1);
  return bad(`Provider ${provider} is not supported for image ${image}`);
}

function templateFits({ providers, gpuTypes }: Template, offer: Offer): boolean {
  return (providers?.includes(offer.provider) ?? true) && (gpuTypes?.includes(offer.gpuType) ?? true);
}

function templateRule({ world, body, offer }: CreateContext): Refusal | null {
  if (body.pod.image !== 'custom_template') {
    return null;
  }
  const template = world.settings.templates.find((known) => known.id === body.pod.customTemplateId);
  if (template === undefined) {
    return bad('Invalid Custom Template ID provided');
  }
  const isListed = offer.images.includes('custom_template') || !world.settings.templateNeedsListing;
  return isListed && templateFits(template, offer)
    ? null
    : bad(`Custom template ${template.id} is not compatible with ${offer.provider} ${offer.gpuType}`);
}

function environmentRule({ world, body, offer }: CreateContext): Refusal | null {
  const isRefused = world.settings.envVarsRefusedBy.includes(offer.provider);
  return isRefused && (body.pod.envVars ?? []).length > 0
    ? bad('Environment variables are not allowed for this request')
    : null;
}

function sizeRule({ body, offer }: CreateContext): Refusal | null {
  const problem = firstSizeProblem(offer, requestedSizes(body));
  return problem === null ? null : bad(problem);
}

function referenceRule({ world, account, body, offer }: CreateContext): Refusal | null {
  const keyId = body.pod.sshKeyId ?? null;
  if (keyId !== null && world.sshKeys.find(account.userId, keyId) === undefined) {
    return bad('SSH key not found');
  }
  for (const diskId of body.disks ?? []) {
    const disk = world.disks.find(account, diskId);
    if (disk === undefined) {
      return bad('Disk not found');
    }
    const isNear =
      disk.provider === offer.provider && (disk.dataCenter ?? offer.dataCenter) === offer.dataCenter;
    if (!isNear) {
      return bad('Disk is not available in the location of this offer');
    }
  }
  return null;
}

function prepaidRule({ body, offer }: CreateContext): Refusal | null {
  return (body.pod.prepaidForHr ?? null) !== null && offer.prepaidTime === null
    ? bad('Reserved instances are not available')
    : null;
}

function priceRule({ world, body, offer, usdPerHour }: CreateContext): Refusal | null {
  const cap = body.pod.maxPrice ?? 0;
  if (cap <= 0) {
    return null;
  } // the provider reads 0 as "no cap"
  const price = world.settings.maxPriceComparedWith === 'Base' ? basePricePerHour(offer) : usdPerHour;
  return price > cap + 1e-9 ? bad(world.settings.aboveMaxPriceDetail) : null;
}

function stockRule({ world, offer }: CreateContext): Refusal | null {
  const { settings } = world;
  if (offer.stockStatus === 'Unavailable') {
    return { status: settings.unavailableStatus, detail: 'Internal Server Error' };
  }
  const isEmpty =
    settings.consumeStock && offer.market.stock !== null && world.pods.liveOf(offer) >= offer.market.stock;
  return offer.market.soldOut || isEmpty ? soldOutRefusal(world, offer.provider) : null;
}

/** In the sequence of a real service: first the request, then the market. */
const RULES: readonly Rule[] = [
  imageRule,
  templateRule,
  environmentRule,
  sizeRule,
  referenceRule,
  prepaidRule,
  priceRule,
];

/** Why this offer cannot fulfill the request, or null. */
export function refusalByRequest(context: CreateContext): Refusal | null {
  for (const rule of RULES) {
    const refusal = rule(context);
    if (refusal !== null) {
      return refusal;
    }
  }
  return null;
}

/** Why the market cannot provide this offer, or null. */
export function refusalByMarket(context: CreateContext): Refusal | null {
  return stockRule(context);
}
