import http from 'node:http';
import https from 'node:https';

/** One HTTP request. */
export interface HttpRequest {
  url: URL;
  method: string;
  /** A list is sent as one header each. */
  headers: Readonly<Record<string, string | string[]>>;
  agent: http.Agent;
  body?: string | undefined;
  /** Aborting destroys the socket at once, and rejects with the signal's reason. */
  signal: AbortSignal;
}

/** TCP keep-alive probes begin after this much silence, so that a dead peer is noticed below HTTP as well. */
const TCP_KEEP_ALIVE_MS = 30_000;

/**
 * Sends the request and resolves as soon as the head of the answer arrives. The caller reads the body. It uses
 * node:http instead of fetch: an aborted watch must leave no socket open, and fetch gives no access to it.
 */
export async function sendRequest(request: HttpRequest): Promise<http.IncomingMessage> {
  const { signal } = request;
  signal.throwIfAborted();
  return await new Promise((resolve, reject) => {
    const outgoing = startRequest(request);
    const tearDown = (): void => {
      outgoing.destroy();
      reject(reasonOf(signal));
    };
    signal.addEventListener('abort', tearDown, { once: true });
    // 'close' follows the body or the loss of the socket. Only then is the signal no longer needed.
    outgoing.once('close', () => {
      signal.removeEventListener('abort', tearDown);
    });
    outgoing.once('socket', (socket) => socket.setKeepAlive(true, TCP_KEEP_ALIVE_MS));
    outgoing.on('error', reject);
    outgoing.once('response', resolve);
    outgoing.end(request.body);
  });
}

/** The answer exceeds the caller's limit, and its socket is destroyed. */
export class AnswerTooLargeError extends Error {
  override name = 'AnswerTooLargeError';
}

/**
 * Reads the rest of an answer as text.
 *
 * @throws if the answer breaks off, or exceeds `maxBytes`
 */
export async function readText(response: http.IncomingMessage, maxBytes = Infinity): Promise<string> {
  return await new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    response.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      chunks.push(chunk);
      if (bytes > maxBytes) {
        chunks.length = 0;
        reject(new AnswerTooLargeError(`more than ${String(maxBytes)} bytes`));
        response.destroy();
      }
    });
    response.once('end', () => {
      resolve(Buffer.concat(chunks).toString('utf8'));
    });
    response.once('error', reject);
    response.once('close', () => {
      // After 'end' this has no effect, because a promise settles once.
      reject(Object.assign(new Error('the response was incomplete'), { code: 'ECONNRESET' }));
    });
  });
}

function startRequest({ url, method, headers, agent, body }: HttpRequest): http.ClientRequest {
  const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
  const options = { method, agent, headers: { ...headers, ...length } };
  return url.protocol === 'http:' ? http.request(url, options) : https.request(url, options);
}

function reasonOf(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new Error('the request was aborted');
}
