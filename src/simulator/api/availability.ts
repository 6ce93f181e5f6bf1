import * as z from 'zod';
import { REGIONS, SECURITIES, SOCKETS } from '../world/enums.ts';
import type { DiskOffer, Offer } from '../world/offer.ts';
import type { World } from '../world/world.ts';
import { failure, invalid, json } from './answer.ts';
import type { ApiAnswer } from './answer.ts';
import type { ApiContext, Route } from './context.ts';
import { route } from './context.ts';
import { unknownName } from './known-names.ts';
import { summaryView } from './offer-summary.ts';
import { checkQuery, pageQuery } from './validation.ts';

const filters = z.object({
  regions: z.array(z.enum(REGIONS)).optional(),
  gpu_count: z.coerce.number<string>().int().optional(),
  gpu_type: z.string().optional(),
  socket: z.enum(SOCKETS).optional(),
  security: z.enum(SECURITIES).optional(),
  data_center_id: z.string().optional(),
  cloud_id: z.string().optional(),
  disks: z.array(z.string()).optional(),
});
const LISTS = ['regions', 'disks'];
const currentQuery = filters.extend(pageQuery(100).shape);
const legacyQuery = filters.extend(pageQuery(500).shape);
type Filters = z.infer<typeof filters>;

function equals(wanted: unknown, actual: unknown): boolean {
  return wanted === undefined || wanted === actual;
}

function isNearDisks(world: World, diskIds: readonly string[] | undefined, offer: Offer): boolean {
  return (diskIds ?? []).every((id) => {
    const disk = world.disks.byId.get(id);
    return disk?.provider === offer.provider && equals(disk.dataCenter ?? undefined, offer.dataCenter);
  });
}

function fits(world: World, query: Filters, offer: Offer): boolean {
  const simple: [unknown, unknown][] = [
    [query.gpu_count, offer.gpuCount],
    [query.gpu_type, offer.gpuType],
    [query.socket, offer.socket],
    [query.security, offer.security],
    [query.data_center_id, offer.dataCenter],
    [query.cloud_id, offer.cloudId],
  ];
  return (
    !offer.market.hidden &&
    simple.every(([wanted, actual]) => equals(wanted, actual)) &&
    (query.regions === undefined || query.regions.some((region) => region === offer.region)) &&
    isNearDisks(world, query.disks, offer)
  );
}

/** The row as the API sends it, without the hidden `market` fields. */
function offerView(world: World, { market, ...row }: Offer): unknown {
  const isEmpty =
    world.settings.consumeStock &&
    market.stock !== null &&
    world.pods.liveOf({ market, ...row }) >= market.stock;
  return isEmpty ? { ...row, stockStatus: 'Unavailable' } : row;
}

function currentList(rowsOf: (world: World) => readonly Offer[]): Route['handle'] {
  return ({ world, request }) => {
    if (world.settings.availabilityEndpoints === 'LegacyOnly') {
      return failure(404, 'Not Found');
    }
    const query = checkQuery(request, currentQuery, LISTS);
    if (!query.ok) {
      return invalid(query.errors);
    }
    const unknown = unknownName(world, 'gpuType', query.value.gpu_type, 'query.gpu_type');
    if (unknown.length > 0) {
      return invalid(unknown);
    }
    const { page, page_size: size } = query.value;
    const rows = rowsOf(world).filter((offer) => fits(world, query.value, offer));
    const items = rows.slice((page - 1) * size, page * size).map((offer) => offerView(world, offer));
    return json({ items, totalCount: rows.length });
  };
}

function legacyList(rowsOf: (world: World) => readonly Offer[]): Route['handle'] {
  return ({ world, request }) => {
    if (world.settings.availabilityEndpoints === 'CurrentOnly') {
      return failure(404, 'Not Found');
    }
    const query = checkQuery(request, legacyQuery, LISTS);
    if (!query.ok) {
      return invalid(query.errors);
    }
    const unknown = unknownName(world, 'gpuType', query.value.gpu_type, 'query.gpu_type');
    if (unknown.length > 0) {
      return invalid(unknown);
    }
    const { page, page_size: size } = query.value;
    const rows = rowsOf(world).filter((offer) => fits(world, query.value, offer));
    const onPage = rows.slice((page - 1) * size, page * size);
    const byType = Object.groupBy(onPage, (offer) => offer.gpuType);
    return json(
      Object.fromEntries(
        Object.entries(byType).map(([type, offers]) => [
          type,
          offers?.map((offer) => offerView(world, offer)),
        ]),
      ),
    );
  };
}

function diskList({ world, request }: ApiContext): ApiAnswer {
  const query = checkQuery(request, currentQuery, LISTS);
  if (!query.ok) {
    return invalid(query.errors);
  }
  const { page, page_size: size, regions, data_center_id: dataCenter, cloud_id: cloudId } = query.value;
  const isWanted = (offer: DiskOffer): boolean =>
    equals(dataCenter, offer.dataCenter) &&
    equals(cloudId, offer.cloudId) &&
    (regions === undefined || regions.some((region) => region === offer.region));
  const rows = world.offers.disks().filter(isWanted);
  return json({ items: rows.slice((page - 1) * size, page * size), totalCount: rows.length });
}

function summary(rowsOf: (world: World) => readonly Offer[]): Route['handle'] {
  return ({ world }) => json(summaryView(rowsOf(world).filter((offer) => !offer.market.hidden)));
}

export const availabilityRoutes: readonly Route[] = [
  route(
    'GET',
    '/availability/',
    'availability',
    legacyList((world) => world.offers.gpus()),
  ),
  route(
    'GET',
    '/availability/clusters',
    'availability',
    legacyList((world) => world.offers.multiNode()),
  ),
  route(
    'GET',
    '/availability/gpus',
    'availability',
    currentList((world) => world.offers.gpus()),
  ),
  route(
    'GET',
    '/availability/multi-node',
    'availability',
    currentList((world) => world.offers.multiNode()),
  ),
  route('GET', '/availability/disks', 'availability', diskList),
  route(
    'GET',
    '/availability/gpu-summary',
    'availability',
    summary((world) => world.offers.gpus()),
  ),
  route(
    'GET',
    '/availability/multi-node-summary',
    'availability',
    summary((world) => world.offers.multiNode()),
  ),
];
