import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { SimulatedApi } from '../api/simulated-api.ts';
import { faultRuleSchema } from '../faults/effect.ts';
import { INSTALLATION_STATUSES, POD_STATUSES } from '../world/enums.ts';
import { offerMatchSchema } from '../world/offer-book.ts';
import { offerSchema } from '../world/offer.ts';
import { plantPod, plantSchema } from '../world/plant-pod.ts';
import { SSH_SHAPES } from '../world/pod-rule.ts';
import { changeSettings } from '../world/settings.ts';

const LOOPBACK = /^(127\.|::1$|::ffff:127\.)/;

const forcedSchema = z.strictObject({
  status: z.enum(POD_STATUSES),
  installationStatus: z.enum(INSTALLATION_STATUSES).optional(),
  installationFailure: z.string().optional(),
  sshShape: z.enum(SSH_SHAPES).optional(),
});

const offersSchema = z.strictObject({
  add: z.array(offerSchema).default([]),
  replace: z.array(offerSchema).optional(),
  change: z
    .array(z.strictObject({ match: offerMatchSchema, set: z.record(z.string(), z.unknown()) }))
    .default([]),
  remove: z.array(offerMatchSchema).default([]),
});

const podPath = z.object({ id: z.string() });
const faultPath = z.object({ id: z.string().optional() });

function bodyOf<T>(request: FastifyRequest, schema: z.ZodType<T>): T {
  return schema.parse(
    JSON.parse(typeof request.body === 'string' && request.body !== '' ? request.body : '{}'),
  );
}

function registerReading(server: FastifyInstance, { world, requests, faults }: SimulatedApi): void {
  const { ledger } = world;
  server.get('/_simulator/ledger', () => ({
    entries: ledger.entries(),
    live: ledger.live().map((entry) => entry.id),
    deletes: ledger.deletes,
    costUsd: ledger.costUsd(),
  }));
  server.get('/_simulator/requests', () => ({ counts: requests.counts(), requests: requests.all() }));
  server.delete('/_simulator/requests', () => {
    requests.clear();
    return {};
  });
  server.get('/_simulator/faults', () => faults.list());
  server.get('/_simulator/settings', () => world.settings);
  server.get('/_simulator/offers', () => ({
    gpus: world.offers.gpus(),
    multiNode: world.offers.multiNode(),
    disks: world.offers.disks(),
  }));
}

function registerWriting(server: FastifyInstance, { world, faults }: SimulatedApi): void {
  server.post('/_simulator/faults', (request) => ({ id: faults.add(bodyOf(request, faultRuleSchema)) }));
  server.delete('/_simulator/faults', () => {
    faults.clear();
    return {};
  });
  server.delete('/_simulator/faults/:id', (request) => {
    faults.clear(faultPath.parse(request.params).id);
    return {};
  });
  server.post('/_simulator/settings', (request) => {
    changeSettings(world.settings, bodyOf(request, z.record(z.string(), z.unknown())));
    return world.settings;
  });
  server.post('/_simulator/offers', (request) => {
    const { add, replace, change, remove } = bodyOf(request, offersSchema);
    if (replace !== undefined) world.offers.replace(replace);
    world.offers.add(...add);
    const changed = change.map(({ match, set }) => world.offers.change(match, set));
    const removed = remove.map((match) => world.offers.remove(match));
    return { changed, removed };
  });
  server.post('/_simulator/pods', (request) => ({ id: plantPod(world, bodyOf(request, plantSchema)).id }));
  server.post('/_simulator/pods/:id/status', (request) => {
    const { id } = podPath.parse(request.params);
    world.pods.force(id, bodyOf(request, forcedSchema));
    return {};
  });
}

/** `/_simulator/…`: no key is asked for, but only this machine may come. Mistakes get 400 with what is wrong. */
export function registerControl(server: FastifyInstance, api: SimulatedApi): void {
  server.addHook('onRequest', async (request, reply) => {
    if (request.url.startsWith('/_simulator') && !LOOPBACK.test(request.ip)) {
      await reply.code(403).send({ detail: 'Only from this machine' });
    }
  });
  server.setErrorHandler((error, _request, reply) => {
    const isMistake = error instanceof z.ZodError || error instanceof SyntaxError;
    const detail = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
    return reply.code(isMistake ? 400 : 500).send({ detail });
  });
  registerReading(server, api);
  registerWriting(server, api);
}
