import type { ServerResponse } from 'node:http';
import { fastify } from 'fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Clock } from '../../clock.ts';
import type { ApiRequest } from '../api/answer.ts';
import type { SimulatedApi } from '../api/simulated-api.ts';
import { registerControl } from './control.ts';
import { deliver } from './deliver.ts';

// A body above the simulated limit must reach the API, which refuses it in its own words.
const TRANSPORT_BODY_LIMIT_BYTES = 64 * 1024 * 1024;

function singleValues(headers: FastifyRequest['headers']): ApiRequest['headers'] {
  const single: ApiRequest['headers'] = {};
  for (const [name, value] of Object.entries(headers)) {
    single[name] = Array.isArray(value) ? value[0] : value;
  }
  return single;
}

function toApiRequest(request: FastifyRequest): ApiRequest {
  const origin = `http://${request.headers.host ?? 'localhost'}`;
  const url = new URL(request.url, origin);
  return {
    method: request.method,
    path: url.pathname,
    query: url.searchParams,
    headers: singleValues(request.headers),
    bodyText: typeof request.body === 'string' ? request.body : '',
    origin,
  };
}

/** A bug of the simulator must not look like an error of the provider. */
function answerBug(response: ServerResponse, error: unknown): void {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.emitWarning(`simulator bug: ${text}`);
  if (!response.headersSent) {
    response.writeHead(500, { 'x-simulator-bug': 'true' });
  }
  response.end(JSON.stringify({ detail: `simulator bug: ${text}` }));
}

/** The HTTP server. `/_simulator` controls the simulator, and all other paths are the simulated API. */
export function createServer(api: SimulatedApi, clock: Clock, signal: AbortSignal): FastifyInstance {
  const server = fastify({ bodyLimit: TRANSPORT_BODY_LIMIT_BYTES, forceCloseConnections: true });
  // Bodies stay text: the official CLI sends a JSON content type with an empty body on GET and DELETE.
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => {
    done(null, body);
  });
  registerControl(server, api);
  server.all('/*', async (request: FastifyRequest, reply: FastifyReply) => {
    reply.hijack();
    const reception = api.receive(toApiRequest(request));
    try {
      if (reception.waitMs > 0) {
        await clock.sleep(reception.waitMs, signal);
      }
      // The answer names the ports of the servers.
      await api.ssh?.settle();
      await deliver(reply.raw, reception.proceed(), clock, signal);
    } catch (error) {
      if (signal.aborted) {
        reply.raw.destroy();
      } // the simulator stops while a slow answer is in flight
      else {
        answerBug(reply.raw, error);
      }
    }
  });
  return server;
}
