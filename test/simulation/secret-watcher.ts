import type { SecretWatchesOptions } from '../../src/controllers/gpuaccount/secret-watches.ts';
import type { ProcessClock } from './process-clock.ts';
import type { SimulatedApiServer } from './simulated-api-server.ts';
import type { VirtualTime } from './virtual-time.ts';

interface Parts {
  readonly time: VirtualTime;
  readonly clock: ProcessClock;
  readonly server: SimulatedApiServer;
  /** The delay of each change. */
  readonly delayMs: number;
  readonly mayWatch: boolean;
}

/** Watches of single Secrets by one process. They tell late, and not at all if the process may not watch. */
export function secretWatcher({
  time,
  clock,
  server,
  delayMs,
  mayWatch,
}: Parts): SecretWatchesOptions['watch'] {
  return ({ namespace, name }, onChange) => {
    let isOpen = false;
    let unsubscribe = (): void => undefined;
    const later = (act: () => void): void => {
      time.schedule(delayMs, () => {
        clock.whenRunning(act);
      });
    };
    const tell = (): void => {
      if (isOpen) onChange();
    };
    return {
      get isOpen() {
        return isOpen;
      },
      start: () => {
        if (!mayWatch) return;
        unsubscribe = server.onChange(({ kind, object: { metadata } }) => {
          if (kind === 'secrets' && metadata.namespace === namespace && metadata.name === name) later(tell);
        });
        later(() => {
          isOpen = true;
          tell();
        });
      },
      stop: () => {
        isOpen = false;
        unsubscribe();
      },
    };
  };
}
