import type { FastifyInstance, FastifyRequest } from 'fastify';
import * as z from 'zod';
import type { SimulatedApi } from '../api/simulated-api.ts';
import { controlEndpoints } from './control-endpoints.ts';
import type { ControlRequest } from './control-endpoints.ts';

const LOOPBACK = /^(127\.|::1$|::ffff:127\.)/;

const params = z.object({ id: z.string().default('') });

function toControlRequest(request: FastifyRequest): ControlRequest {
  const { body } = request;
  return {
    id: params.parse(request.params).id,
    query: new URL(request.url, 'http://simulator').searchParams,
    body: (schema) => schema.parse(JSON.parse(typeof body === 'string' && body !== '' ? body : '{}')),
  };
}

/**
 * Registers `/_simulator/…`. It needs no key, but accepts only requests from this host. A mistake gets 400
 * with an explanation.
 */
export function registerControl(server: FastifyInstance, api: SimulatedApi): void {
  server.addHook('onRequest', async (request, reply) => {
    if (request.url.startsWith('/_simulator') && !LOOPBACK.test(request.ip)) {
      await reply.code(403).send({ detail: 'Only from this host' });
    }
  });
  server.setErrorHandler((error, _request, reply) => {
    const isMistake = error instanceof z.ZodError || error instanceof SyntaxError;
    const detail = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
    return reply.code(isMistake ? 400 : 500).send({ detail });
  });
  for (const { method, path, handle } of controlEndpoints) {
    server.route({ method, url: path, handler: (request) => handle(api, toControlRequest(request)) });
  }
}
