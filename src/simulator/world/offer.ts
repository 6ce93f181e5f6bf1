import * as z from 'zod';
import { SECURITIES, SOCKETS, STOCK_STATUSES } from './enums.ts';

const count = z.int().min(0).nullable().default(null);

/** A size that can be chosen within min, max and step. Without min or max it is fixed. */
const sizeSpecSchema = z.strictObject({
  minCount: count,
  defaultCount: count,
  maxCount: count,
  pricePerUnit: z.number().min(0).nullable().default(null).describe('USD per unit and hour'),
  step: count,
  defaultIncludedInPrice: z.boolean().nullable().default(null),
  additionalInfo: z.string().nullable().default(null),
});

const pricesSchema = z.strictObject({
  onDemand: z.number().min(0).nullable().default(null),
  communityPrice: z.number().min(0).nullable().default(null),
  isVariable: z.boolean().nullable().default(null),
  currency: z.enum(['USD', 'EUR']).default('USD'),
});

/** How the simulated market behaves. The API never shows these fields. */
const marketSchema = z.strictObject({
  stock: z.int().min(0).nullable().default(null).describe('number of instances in stock; null = unlimited'),
  soldOut: z
    .boolean()
    .default(false)
    .describe('still listed, but a create request is refused: the offer raced away'),
  hidden: z.boolean().default(false).describe('not listed, but rentable'),
  createPriceFactor: z.number().positive().default(1).describe('price of the instance / price of the offer'),
});

/** One row of the availability answer, with the fields that the API sends, plus `market`. */
export const offerSchema = z.strictObject({
  cloudId: z.string().min(1),
  gpuType: z.string().min(1),
  socket: z.enum(SOCKETS),
  provider: z.string().min(1),
  region: z.string().nullable().default(null),
  dataCenter: z.string().nullable().default(null),
  country: z.string().nullable().default(null),
  gpuCount: z.int().min(1),
  gpuMemory: z.int().min(0),
  disk: sizeSpecSchema.prefault({}),
  sharedDisk: sizeSpecSchema.prefault({}),
  vcpu: sizeSpecSchema.prefault({}),
  memory: sizeSpecSchema.prefault({}),
  internetSpeed: z.int().nullable().default(null),
  interconnect: z.int().nullable().default(null),
  interconnectType: z.string().nullable().default(null),
  provisioningTime: z.int().nullable().default(null).describe('minutes'),
  stockStatus: z.enum(STOCK_STATUSES).default('Available'),
  security: z.enum(SECURITIES).default('secure_cloud'),
  prices: pricesSchema,
  images: z.array(z.string()).default(['ubuntu_22_cuda_12']),
  isSpot: z.boolean().nullable().default(null),
  prepaidTime: z.number().positive().nullable().default(null).describe('hours charged at creation'),
  market: marketSchema.prefault({}),
});

/** One row of the disk availability answer. */
export const diskOfferSchema = z.strictObject({
  cloudId: z.string().nullable().default(null),
  provider: z.string().min(1),
  dataCenter: z.string().nullable().default(null),
  country: z.string().nullable().default(null),
  region: z.string().nullable().default(null),
  spec: sizeSpecSchema,
  stockStatus: z.enum(STOCK_STATUSES).default('Available'),
  security: z.enum(SECURITIES).default('secure_cloud'),
  isMultinode: z.boolean().nullable().default(true),
});

/** The whole offers file. */
export const offerCatalogueSchema = z.strictObject({
  gpus: z.array(offerSchema),
  multiNode: z.array(offerSchema).default([]),
  disks: z.array(diskOfferSchema).default([]),
});

export type SizeSpec = z.infer<typeof sizeSpecSchema>;
export type Offer = z.infer<typeof offerSchema>;
export type OfferInput = z.input<typeof offerSchema>;
export type DiskOffer = z.infer<typeof diskOfferSchema>;
export type OfferCatalogue = z.infer<typeof offerCatalogueSchema>;
export type OfferCatalogueInput = z.input<typeof offerCatalogueSchema>;
