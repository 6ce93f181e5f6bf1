import type { ApiTransport } from '../client/api-transport.ts';
import { hasLost } from './list-pages.ts';
import type { ListRequest } from './list-pages.ts';

const TIMEOUT_MS = 10_000;

/**
 * Checks after a silent watch whether the server has lost the version that it showed. It runs beside the next watch,
 * which must not wait: the server may be as silent as the connection was.
 */
export class VersionCheck {
  #running: Promise<void> | undefined;

  /** Begins a check, unless one is still running. */
  begin(transport: ApiTransport, request: ListRequest, version: string, onLost: () => void): void {
    this.#running ??= this.#run(transport, request, version, onLost);
  }

  /** Resolves when no check is running any more. */
  async settled(): Promise<void> {
    await this.#running;
  }

  async #run(
    transport: ApiTransport,
    request: ListRequest,
    version: string,
    onLost: () => void,
  ): Promise<void> {
    const isLost = await hasLost(transport, { ...request, timeoutMs: TIMEOUT_MS }, version);
    this.#running = undefined;
    if (isLost) onLost();
  }
}
