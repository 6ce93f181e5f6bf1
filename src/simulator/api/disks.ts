import * as z from 'zod';
import type { Disk } from '../world/disk-store.ts';
import type { DiskOffer } from '../world/offer.ts';
import { isBillable } from '../world/pod.ts';
import type { World } from '../world/world.ts';
import { failure, invalid, isoTime, json } from './answer.ts';
import type { ApiAnswer } from './answer.ts';
import type { ApiContext, Route } from './context.ts';
import { route } from './context.ts';
import { checkBody, checkQuery, offsetPage, offsetQuery } from './validation.ts';

const createDiskSchema = z.looseObject({
  disk: z.strictObject({
    size: z.int().positive(),
    name: z.string().max(255).nullish(),
    country: z.string().nullish(),
    cloudId: z.string().nullish(),
    dataCenterId: z.string().nullish(),
  }),
  provider: z.looseObject({ type: z.string() }),
  team: z.looseObject({ teamId: z.string() }).nullish(),
});

type CreateDisk = z.infer<typeof createDiskSchema>;

function diskView(world: World, disk: Disk): Record<string, unknown> {
  const nowMs = world.clock.nowMs();
  const isAttached = (podId: string): boolean => {
    const pod = world.pods.byId.get(podId);
    return pod !== undefined && isBillable(pod, nowMs) && pod.diskIds.includes(disk.id);
  };
  return {
    id: disk.id,
    name: disk.name,
    createdAt: isoTime(disk.createdAtMs),
    updatedAt: isoTime(disk.updatedAtMs),
    terminatedAt: disk.terminatedAtMs === null ? null : isoTime(disk.terminatedAtMs),
    status: disk.terminatedAtMs === null ? 'ACTIVE' : 'TERMINATED',
    providerType: disk.provider,
    size: disk.sizeGb,
    info: { country: disk.country, dataCenterId: disk.dataCenter, cloudId: disk.cloudId, isMultinode: true },
    priceHr: disk.priceHr,
    stoppedPriceHr: null,
    provisioningPriceHr: 0,
    userId: disk.userId,
    teamId: disk.teamId,
    walletId: `wallet_${disk.teamId ?? disk.userId}`,
    pods: [...world.pods.byId.keys()].filter(isAttached),
    clusters: [],
  };
}

function findOffer(world: World, { disk, provider }: CreateDisk): DiskOffer | undefined {
  const isSame = (sent: string | null | undefined, offered: string | null): boolean =>
    (sent ?? null) === null || sent === offered;
  return world.offers
    .disks()
    .find(
      (offer) =>
        offer.provider === provider.type &&
        isSame(disk.dataCenterId, offer.dataCenter) &&
        isSame(disk.country, offer.country) &&
        isSame(disk.cloudId, offer.cloudId),
    );
}

function sizeProblem({ spec }: DiskOffer, sizeGb: number): string | null {
  const { minCount, maxCount } = spec;
  return sizeGb < (minCount ?? 0) || sizeGb > (maxCount ?? Infinity)
    ? `Invalid size: must be between ${String(minCount)} and ${String(maxCount)}`
    : null;
}

function create(context: ApiContext): ApiAnswer {
  const { world, account, request } = context;
  const body = checkBody(request, createDiskSchema);
  if (!body.ok) {
    return invalid(body.errors);
  }
  const teamId = body.value.team?.teamId ?? null;
  if (teamId !== null && !account.teams.includes(teamId)) {
    return failure(world.settings.foreignTeamStatus, 'You are not a member of this team');
  }
  const offer = findOffer(world, body.value);
  if (offer === undefined) {
    return failure(400, 'The selected disk is no longer available');
  }
  return createOn(context, offer, { ...body.value.disk, teamId });
}

function createOn(
  { world, account }: ApiContext,
  offer: DiskOffer,
  { size, name, teamId }: { size: number; name?: string | null | undefined; teamId: string | null },
): ApiAnswer {
  const problem = sizeProblem(offer, size);
  if (problem !== null) {
    return failure(400, problem);
  }
  const disk = world.disks.create({
    name: name ?? 'unnamed disk',
    sizeGb: size,
    userId: account.userId,
    teamId,
    provider: offer.provider,
    country: offer.country,
    dataCenter: offer.dataCenter,
    cloudId: offer.cloudId,
    priceHr: size * (offer.spec.pricePerUnit ?? 0),
  });
  return json(diskView(world, disk));
}

function list({ world, account, request }: ApiContext): ApiAnswer {
  const query = checkQuery(request, offsetQuery);
  if (!query.ok) {
    return invalid(query.errors);
  }
  return json(offsetPage(world.disks.visibleTo(account), query.value, (disk) => diskView(world, disk)));
}

function withDisk(use: (context: ApiContext, disk: Disk) => ApiAnswer): Route['handle'] {
  return (context) => {
    const disk = context.world.disks.find(context.account, context.id);
    return disk === undefined ? failure(404, 'Disk not found') : use(context, disk);
  };
}

function rename({ world, request }: ApiContext, disk: Disk): ApiAnswer {
  const body = checkBody(request, z.strictObject({ name: z.string().min(1).max(255) }));
  if (!body.ok) {
    return invalid(body.errors);
  }
  world.disks.rename(disk, body.value.name);
  return json(diskView(world, disk));
}

function remove({ world }: ApiContext, disk: Disk): ApiAnswer {
  world.disks.delete(disk);
  return json({ status: 'TERMINATED' });
}

export const diskRoutes: readonly Route[] = [
  route('GET', '/disks/', 'disks', list),
  route('POST', '/disks/', 'disks', create),
  route(
    'GET',
    '/disks/{id}',
    'disks',
    withDisk(({ world }, disk) => json(diskView(world, disk))),
  ),
  route('PATCH', '/disks/{id}', 'disks', withDisk(rename)),
  route('DELETE', '/disks/{id}', 'disks', withDisk(remove)),
];
