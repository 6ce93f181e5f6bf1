import { requestedSizes } from './create-body.ts';
import type { CreateBody } from './create-body.ts';
import { refusalByMarket, refusalByRequest, soldOutRefusal } from './create-rules.ts';
import type { CreateContext, Refusal } from './create-rules.ts';
import type { Offer } from './offer.ts';
import type { Pod } from './pod.ts';
import { effectiveSizes, totalPricePerHour } from './price.ts';
import type { Account } from './settings.ts';
import type { World } from './world.ts';

/** A create request: the parsed body, and the body as sent for the ledger. */
interface CreateRequest {
  account: Account;
  body: CreateBody;
  raw: unknown;
}

type CreateOutcome = { kind: 'Created'; pod: Pod } | ({ kind: 'Refused' } & Refusal);

function refused(refusal: Refusal): CreateOutcome {
  return { kind: 'Refused', ...refusal };
}

/** The body for instances is not published. The inference API answers with an object. */
function emptyWalletRefusal({ settings }: World): Refusal {
  const detail = 'Insufficient balance';
  const error = { message: detail, type: 'insufficient_funds', code: 'insufficient_funds' };
  return {
    status: settings.emptyWalletStatus,
    detail,
    ...(settings.emptyWalletBody === 'ErrorObject' ? { body: { error } } : {}),
  };
}

function instanceLimitRefusal({ settings, pods }: World, userId: string): Refusal | null {
  const limit = settings.instanceLimit;
  if (limit === null || pods.live().filter((pod) => pod.userId === userId).length < limit) {
    return null;
  }
  return {
    status: settings.instanceLimitStatus,
    detail: `Maximum number of instances reached. Limit: ${String(limit)}`,
  };
}

function refusalByAccount(world: World, { account, body }: CreateRequest): Refusal | null {
  const { settings } = world;
  const teamId = body.team?.teamId ?? null;
  if (teamId !== null && !account.teams.includes(teamId)) {
    return { status: settings.foreignTeamStatus, detail: 'You are not a member of this team' };
  }
  if ((world.wallets.balanceUsd(teamId ?? account.userId) ?? 1) <= 0) {
    return emptyWalletRefusal(world);
  }
  return instanceLimitRefusal(world, account.userId);
}

function missingField({ settings }: World, { body }: CreateRequest): string | null {
  const provider = body.provider.type;
  if ((body.pod.maxPrice ?? null) === null && settings.maxPriceNeededBy.includes(provider)) {
    return 'max_price';
  }
  return (body.pod.dataCenterId ?? null) === null && settings.dataCenterNeededBy.includes(provider)
    ? 'data_center_id'
    : null;
}

function same(sent: string | null | undefined, offered: string | null): boolean {
  return (sent ?? null) === null || sent === offered;
}

function findOffer(world: World, { body }: CreateRequest): Offer | undefined {
  const { pod, provider } = body;
  return world.offers
    .all()
    .find(
      (offer) =>
        [offer.provider, offer.cloudId, offer.gpuType].join() ===
          [provider.type, pod.cloudId, pod.gpuType].join() &&
        offer.gpuCount === pod.gpuCount &&
        (!world.settings.socketStrict || offer.socket === pod.socket) &&
        same(pod.dataCenterId, offer.dataCenter) &&
        same(pod.country, offer.country) &&
        same(pod.security, offer.security),
    );
}

function isShared(world: World, body: CreateBody): boolean {
  const spelling = world.settings.shareSpelling;
  const oneWay = spelling !== 'sharedWithTeam' && body.shared_with_team === true;
  const otherWay = spelling !== 'shared_with_team' && body.sharedWithTeam === true;
  return oneWay || otherWay;
}

function createFrom(context: CreateContext, raw: unknown, isFailed: boolean): Pod {
  const { world, account, body, offer, sizes, usdPerHour } = context;
  return world.pods.create({
    name: body.pod.name ?? 'unnamed',
    userId: account.userId,
    teamId: body.team?.teamId ?? null,
    sharedWithTeam: isShared(world, body),
    offer,
    sizes,
    image: body.pod.image ?? 'ubuntu_22_cuda_12',
    customTemplateId: body.pod.customTemplateId ?? null,
    autoRestart: body.pod.autoRestart ?? false,
    diskIds: body.disks ?? [],
    installedKey: world.sshKeys.installed(account.userId, body.pod.sshKeyId),
    maxPrice: body.pod.maxPrice ?? null,
    request: raw,
    origin: 'Api',
    usdPerHour: usdPerHour * offer.market.createPriceFactor,
    forced: isFailed ? { status: 'ERROR' } : null,
  });
}

/** Creates an instance, or returns a refusal. */
export function createPod(world: World, request: CreateRequest): CreateOutcome {
  const early = refusalByAccount(world, request);
  if (early !== null) {
    return refused(early);
  }
  const field = missingField(world, request);
  if (field !== null) {
    return refused({ status: 400, detail: `Missing field: ${field} not specified` });
  }
  const offer = findOffer(world, request);
  if (offer === undefined) {
    return refused(soldOutRefusal(world, request.body.provider.type));
  }
  const sizes = effectiveSizes(offer, requestedSizes(request.body));
  const usdPerHour = totalPricePerHour(offer, sizes);
  return createOn({ world, ...request, offer, sizes, usdPerHour }, request.raw);
}

function createOn(context: CreateContext, raw: unknown): CreateOutcome {
  const byRequest = refusalByRequest(context);
  if (byRequest !== null) {
    return refused(byRequest);
  }
  const byMarket = refusalByMarket(context);
  if (byMarket === null) {
    return { kind: 'Created', pod: createFrom(context, raw, false) };
  }
  const { settings } = context.world;
  if (settings.soldOutLeavesErrorPod && byMarket.status === settings.soldOutStatus) {
    createFrom(context, raw, true);
  }
  return refused(byMarket);
}
