import * as z from 'zod';
import type { Account } from '../world/settings.ts';
import { failure, invalid, isoTime, json } from './answer.ts';
import type { ApiAnswer } from './answer.ts';
import type { ApiContext, Route } from './context.ts';
import { route } from './context.ts';
import { checkQuery, offsetPage, offsetQuery } from './validation.ts';

const LONG_AGO = '2025-01-01T00:00:00.000Z';

function whoami({ account }: ApiContext): ApiAnswer {
  const data = {
    id: account.userId,
    role: 'USER',
    createdAt: LONG_AGO,
    name: account.userId,
    slug: account.userId,
    email: `${account.userId}@example.com`,
    image: null,
    emailVerified: LONG_AGO,
    hasBetaAccess: false,
    isBanned: false,
    skipPrepay: false,
    blacklist: [],
    scope: account.scopes,
  };
  return json({ data, status: null });
}

function teams({ account, request }: ApiContext): ApiAnswer {
  const query = checkQuery(request, offsetQuery);
  if (!query.ok) {
    return invalid(query.errors);
  }
  const view = (teamId: string): unknown => ({
    teamId,
    name: teamId,
    slug: teamId,
    role: 'MEMBER',
    createdAt: LONG_AGO,
  });
  return json(offsetPage(account.teams, query.value, view));
}

function members({ world, account, request, id }: ApiContext): ApiAnswer {
  const query = checkQuery(request, offsetQuery);
  if (!query.ok) {
    return invalid(query.errors);
  }
  if (!account.teams.includes(id)) {
    return failure(404, 'Team not found');
  }
  const inTeam = world.settings.accounts.filter((other) => other.teams.includes(id));
  const view = ({ userId }: Account): unknown => ({
    userId,
    userName: userId,
    userEmail: `${userId}@example.com`,
    role: 'MEMBER',
    joinedAt: LONG_AGO,
  });
  return json(offsetPage(inTeam, query.value, view));
}

const walletQuery = offsetQuery.extend({
  limit: z.coerce.number<string>().int().min(1).max(100).default(20),
  teamId: z.string().optional(),
});

/**
 * Only `teamId` is read. With `team_id` the answer silently describes the personal wallet, as on the real
 * service.
 */
function wallet({ world, account, request }: ApiContext): ApiAnswer {
  const query = checkQuery(request, walletQuery);
  if (!query.ok) {
    return invalid(query.errors);
  }
  const { offset, limit, teamId } = query.value;
  const isTeam = teamId !== undefined && account.teams.includes(teamId);
  const ownerId = isTeam ? teamId : account.userId;
  const billings = world.wallets.billingsOf(ownerId);
  return json({
    wallet_id: `wallet_${ownerId}`,
    team_id: isTeam ? teamId : null,
    balance_usd: world.wallets.balanceUsd(ownerId) ?? 1000,
    currency: 'USD',
    total_billings: billings.length,
    recent_billings: billings.slice(offset, offset + limit).map((billing) => ({
      id: `billing_${billing.podId}`,
      created_at: isoTime(billing.createdAtMs),
      updated_at: isoTime(world.clock.nowMs()),
      last_billed_at: isoTime(world.clock.nowMs()),
      amount_usd: billing.usd,
      currency: 'USD',
      resource_type: 'POD',
      resource_id: billing.podId,
    })),
  });
}

export const accountRoutes: readonly Route[] = [
  route('GET', '/user/whoami', null, whoami),
  route('GET', '/user/teams', null, teams),
  route('GET', '/teams/{id}/members', null, members),
  route('GET', '/billing/wallet', null, wallet),
];
