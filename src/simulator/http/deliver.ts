import type { ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import type { Clock } from '../../clock.ts';
import { bodyText } from '../api/answer.ts';
import type { Delivery } from '../api/simulated-api.ts';

function reset(response: ServerResponse): void {
  response.socket?.resetAndDestroy();
}

async function drip(response: ServerResponse, body: Buffer, pace: DripPace): Promise<void> {
  for (let at = 0; at < body.length && !response.destroyed; at += pace.chunkBytes) {
    response.write(body.subarray(at, at + pace.chunkBytes));
    await pace.clock.sleep(pace.everyMs, pace.signal);
  }
  response.end();
}

/** The bytes to send. */
function bodyOf({ answer, wire }: Extract<Delivery, { kind: 'Answer' }>): Buffer {
  const padding = wire?.kind === 'Huge' || wire?.kind === 'Bomb' ? wire.bytes : 0;
  const body = Buffer.from(bodyText(answer) + ' '.repeat(padding));
  return wire?.kind === 'Bomb' ? gzipSync(body) : body;
}

interface DripPace {
  chunkBytes: number;
  everyMs: number;
  clock: Clock;
  signal: AbortSignal;
}

/** Sends an answer with its fault, or cuts the connection. Rejects when the signal aborts. */
export async function deliver(
  response: ServerResponse,
  delivery: Delivery,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  if (delivery.waitMs > 0) {
    await clock.sleep(delivery.waitMs, signal);
  }
  if (delivery.kind === 'Reset') {
    reset(response);
    return;
  }
  const { answer, wire } = delivery;
  const body = bodyOf(delivery);
  response.writeHead(answer.status, {
    'content-type': answer.contentType,
    'content-length': body.length,
    ...(wire?.kind === 'Bomb' ? { 'content-encoding': 'gzip' } : {}),
    ...answer.headers,
  });
  if (wire?.kind === 'Cut') {
    response.write(body.subarray(0, Math.min(wire.keepBytes, Math.max(0, body.length - 1))), () => {
      reset(response);
    });
  } else if (wire?.kind === 'Drip') {
    await drip(response, body, { ...wire, clock, signal });
  } else {
    response.end(body);
  }
}
