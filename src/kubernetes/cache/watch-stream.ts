import type { IncomingMessage } from 'node:http';
import type { Clock } from '../../clock.ts';
import { apiErrorMessage, ApiStatusError, isForbidden, isGone } from '../client/api-errors.ts';
import type { ApiTransport, Query } from '../client/api-transport.ts';
import { LineSplitter } from './line-splitter.ts';
import { parseWatchEvent } from './watch-event.ts';
import type { WatchEvent } from './watch-event.ts';

/**
 * How one watch ended:
 *
 * - `ended`: the server ended it in order; continue from the last version.
 * - `expired`: 410, as HTTP status or as event; list again.
 * - `failed`: it could not be opened, broke off, or the server reported an error; continue from the last version.
 * - `idle`: no byte came for `idleTimeoutMs`, so the connection is dead; continue from the last version.
 * - `garbage`: a line is not a watch event; continue from the last version, and list again if that repeats.
 * - `stopped`: the caller's signal aborted.
 */
export type WatchOutcome =
  | { end: 'ended' | 'expired' | 'idle' | 'garbage' | 'stopped' }
  | { end: 'failed'; message: string; retryAfterMs: number | undefined; isForbidden: boolean };

/** What a watch delivers. */
export type WatchChange = Extract<WatchEvent, { kind: 'change' | 'bookmark' }>;

export interface WatchRequest {
  transport: ApiTransport;
  clock: Clock;
  path: string;
  query: Query;
  connectTimeoutMs: number;
  idleTimeoutMs: number;
  signal: AbortSignal;
  /** Called for each change and bookmark, in order. */
  onEvent: (event: WatchChange) => void;
  /** Called when the server has accepted the watch. */
  onOpen: () => void;
  /** Called for each chunk of the stream, whatever it contains. */
  onBytes: () => void;
}

/** Runs one watch until it ends. Never throws, and leaves no socket open. */
export async function runWatch(request: WatchRequest): Promise<WatchOutcome> {
  const teardown = new AbortController();
  const signal = AbortSignal.any([request.signal, teardown.signal]);
  try {
    const response = await request.transport.openStream({ ...request, signal });
    request.onOpen();
    return await consume(response, request, signal);
  } catch (error) {
    if (request.signal.aborted) return { end: 'stopped' };
    return failure(error);
  } finally {
    teardown.abort();
  }
}

function failure(error: unknown): WatchOutcome {
  if (isGone(error)) return { end: 'expired' };
  const retryAfterMs = error instanceof ApiStatusError ? error.retryAfterMs : undefined;
  return { end: 'failed', message: apiErrorMessage(error), retryAfterMs, isForbidden: isForbidden(error) };
}

async function consume(
  response: IncomingMessage,
  request: WatchRequest,
  signal: AbortSignal,
): Promise<WatchOutcome> {
  const watchdog = startWatchdog(request, signal);
  const reading = read(response, request, watchdog.touch);
  try {
    return await Promise.race([reading, watchdog.idle]);
  } finally {
    watchdog.stop();
    // The loser of the race fails when the socket is destroyed, and nothing waits for it any more.
    reading.catch(() => undefined);
    response.on('error', () => undefined);
  }
}

async function read(
  response: IncomingMessage,
  { onEvent, onBytes }: WatchRequest,
  touch: () => void,
): Promise<WatchOutcome> {
  const splitter = new LineSplitter();
  for await (const chunk of response) {
    touch();
    onBytes();
    if (!Buffer.isBuffer(chunk)) return { end: 'garbage' };
    const outcome = handleLines(splitter.push(chunk), onEvent);
    if (outcome !== undefined) return outcome;
  }
  return { end: 'ended' };
}

function handleLines(
  lines: readonly string[],
  onEvent: (event: WatchChange) => void,
): WatchOutcome | undefined {
  for (const line of lines) {
    if (line.trim() === '') continue;
    const event = parseWatchEvent(line);
    if (event.kind === 'garbage') return { end: 'garbage' };
    if (event.kind === 'error') return failure(event.error);
    if (event.kind !== 'unknown') onEvent(event);
  }
  return undefined;
}

interface Watchdog {
  touch: () => void;
  stop: () => void;
  /** Resolves when `touch` was not called for the idle time; never after a stop. */
  idle: Promise<WatchOutcome>;
}

/** One timer that checks again when it fires, instead of a new timer per chunk. */
function startWatchdog({ clock, idleTimeoutMs }: WatchRequest, signal: AbortSignal): Watchdog {
  const stopping = new AbortController();
  const sleepSignal = AbortSignal.any([signal, stopping.signal]);
  let lastByteAtMs = clock.monotonicMs();
  const idle = new Promise<WatchOutcome>((resolve) => {
    const look = (): void => {
      const leftMs = lastByteAtMs + idleTimeoutMs - clock.monotonicMs();
      if (leftMs <= 0) {
        resolve({ end: 'idle' });
        return;
      }
      clock.sleep(Math.ceil(leftMs), sleepSignal).then(look, () => undefined);
    };
    look();
  });
  return {
    touch: () => {
      lastByteAtMs = clock.monotonicMs();
    },
    stop: () => {
      stopping.abort();
    },
    idle,
  };
}
