import * as z from 'zod';
import { createBodySchema } from '../world/create-body.ts';
import { createPod } from '../world/create-pod.ts';
import type { Pod } from '../world/pod.ts';
import type { Account } from '../world/settings.ts';
import type { World } from '../world/world.ts';
import { failure, invalid, json } from './answer.ts';
import type { ApiAnswer } from './answer.ts';
import type { ApiContext, Route } from './context.ts';
import { route } from './context.ts';
import { unknownName } from './known-names.ts';
import { historyView, podView, statusView } from './pod-view.ts';
import { checkBody, checkQuery, offsetPage, offsetQuery } from './validation.ts';

function isVisible(account: Account, pod: Pod): boolean {
  return pod.userId === account.userId || (pod.teamId !== null && account.teams.includes(pod.teamId));
}

/** True while GET finds the instance: it is live, or the settings keep terminated instances visible. */
function isFound(world: World, pod: Pod): boolean {
  const { settings, clock } = world;
  if (world.pods.isLive(pod)) {
    return true;
  }
  if (settings.afterDelete === 'NotFound') {
    return false;
  }
  const endedForMs = clock.nowMs() - (pod.endsAtMs ?? clock.nowMs());
  return settings.terminatedVisibleMs === null || endedForMs < settings.terminatedVisibleMs;
}

function findPod({ world, account, id }: ApiContext): Pod | undefined {
  const pod = world.pods.byId.get(id);
  return pod !== undefined && isVisible(account, pod) && isFound(world, pod) ? pod : undefined;
}

function isListed({ world, account, request }: ApiContext, pod: Pod): boolean {
  const teamId = world.settings.teamIdQueryHonoured ? request.query.get('teamId') : null;
  if (pod.hiddenUntilMs > world.clock.nowMs()) {
    return false;
  }
  if (teamId !== null) {
    return pod.teamId === teamId && account.teams.includes(teamId);
  }
  return world.settings.bareListIncludesTeamPods
    ? isVisible(account, pod)
    : pod.teamId === null && pod.userId === account.userId;
}

/** The requested team, if the key does not belong to it. */
function foreignTeam({ account, request }: ApiContext): string | null {
  const teamId = request.query.get('teamId');
  return teamId === null || account.teams.includes(teamId) ? null : teamId;
}

function listPods(context: ApiContext): ApiAnswer {
  const query = checkQuery(context.request, offsetQuery);
  if (!query.ok) {
    return invalid(query.errors);
  }
  const { world } = context;
  const { leftTeamListStatus } = world.settings;
  if (leftTeamListStatus !== null && foreignTeam(context) !== null) {
    return failure(leftTeamListStatus, 'You are not a member of this team');
  }
  const pods = world.pods.live().filter((pod) => isListed(context, pod));
  if (world.settings.listOrder === 'NewestFirst') {
    pods.reverse();
  }
  return json(offsetPage(pods, query.value, (pod) => podView(world, pod)));
}

function create({ world, account, request }: ApiContext): ApiAnswer {
  const body = checkBody(request, createBodySchema);
  if (!body.ok) {
    return invalid(body.errors);
  }
  const unknown = [
    ...unknownName(world, 'gpuType', body.value.pod.gpuType, 'body.pod.gpuType'),
    ...unknownName(world, 'provider', body.value.provider.type, 'body.provider.type'),
  ];
  if (unknown.length > 0) {
    return invalid(unknown);
  }
  const outcome = createPod(world, { account, body: body.value, raw: body.raw });
  if (outcome.kind === 'Created') {
    return json(podView(world, outcome.pod));
  }
  return json(outcome.body ?? { detail: outcome.detail }, outcome.status);
}

function getPod(context: ApiContext): ApiAnswer {
  const pod = findPod(context);
  return pod === undefined ? failure(404, 'Pod not found') : json(podView(context.world, pod));
}

function podStatus({ world, account, request }: ApiContext): ApiAnswer {
  const ids = request.query.getAll('pod_ids');
  if (ids.length === 0) {
    return invalid([{ param: 'query.pod_ids', details: 'field required' }]);
  }
  const rows = ids.flatMap((id) => {
    const pod = world.pods.byId.get(id);
    return pod !== undefined && isVisible(account, pod) && isFound(world, pod)
      ? [statusView(world, pod)]
      : [];
  });
  return json({ data: rows, status: null });
}

const historyQuery = offsetQuery.extend({
  sort_by: z.enum(['terminatedAt', 'createdAt']).default('terminatedAt'),
  sort_order: z.enum(['desc', 'asc']).default('desc'),
});

function history({ world, account, request }: ApiContext): ApiAnswer {
  const query = checkQuery(request, historyQuery);
  if (!query.ok) {
    return invalid(query.errors);
  }
  const { sort_by: sortBy, sort_order: sortOrder } = query.value;
  const sign = sortOrder === 'asc' ? 1 : -1;
  const timeOf = (pod: Pod): number => (sortBy === 'createdAt' ? pod.createdAtMs : (pod.endsAtMs ?? 0));
  const ended = [...world.pods.byId.values()]
    .filter((pod) => !world.pods.isLive(pod) && isVisible(account, pod))
    .sort((a, b) => sign * (timeOf(a) - timeOf(b)) || sign * (a.number - b.number));
  return json(offsetPage(ended, query.value, (pod) => historyView(world, pod)));
}

function podLog(context: ApiContext): ApiAnswer {
  const pod = findPod(context);
  if (pod === undefined) {
    return failure(404, 'Pod not found');
  }
  const lines = Array.from(
    { length: 20 },
    (_, index) => `[${pod.id.slice(0, 6)}] install step ${String(index + 1)}`,
  );
  const tail = Number(context.request.query.get('tail') ?? lines.length);
  return { ...json(lines.slice(-Math.max(1, tail)).join('\n')), contentType: 'text/plain' };
}

function deletePod(context: ApiContext): ApiAnswer {
  const { world, account, id, requestNumber, noteDelete } = context;
  const pod = world.pods.byId.get(id);
  if (pod === undefined || !isVisible(account, pod)) {
    noteDelete(pod === undefined ? 'Unknown' : 'Foreign');
    return failure(404, 'Pod not found');
  }
  if (!world.pods.isLive(pod)) {
    noteDelete('Ended');
    return world.settings.secondDelete === 'Ok'
      ? json({ status: 'TERMINATED' })
      : failure(404, 'Pod not found');
  }
  noteDelete('Accepted');
  world.pods.delete(pod, requestNumber);
  return json({ status: 'TERMINATED' });
}

export const podRoutes: readonly Route[] = [
  route('GET', '/pods/', 'instances', listPods),
  route('POST', '/pods/', 'instances', create),
  route('GET', '/pods/status', 'instances', podStatus),
  route('GET', '/pods/history', 'instances', history),
  route('GET', '/pods/{id}', 'instances', getPod),
  route('GET', '/pods/{id}/log', 'instances', podLog),
  route('DELETE', '/pods/{id}', 'instances', deletePod),
];
