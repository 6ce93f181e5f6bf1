import { ApiTransport } from '../../../src/kubernetes/client/api-transport.ts';
import { FakeApiServer } from './fake-api-server.ts';
import { RecordingLog } from './recording-log.ts';
import { until } from './until.ts';
import { VirtualClock } from './virtual-clock.ts';

/** A fake API server, a transport to it, a clock that the test moves, and a recording log. */
export interface Runtime {
  server: FakeApiServer;
  transport: ApiTransport;
  clock: VirtualClock;
  log: RecordingLog;
  /** Called by `close`, last one first. */
  onClose: (release: () => Promise<void> | void) => void;
  /** Closes everything, and fails if a timer or a connection is left. */
  close: () => Promise<void>;
}

/** Starts a server and its clients. */
export async function startRuntime(): Promise<Runtime> {
  const server = await FakeApiServer.start();
  const clock = new VirtualClock();
  const releases: (() => Promise<void> | void)[] = [];
  const transport = transportTo(server, clock);
  return {
    server,
    transport,
    clock,
    log: new RecordingLog(),
    onClose: (release) => releases.push(release),
    close: async () => {
      for (const release of releases.reverse()) await release();
      transport.close();
      await until(() => server.openSockets === 0, 'every connection closed');
      await server.close();
      if (clock.sleepers > 0) throw new Error(`${String(clock.sleepers)} timers were left behind`);
    },
  };
}

/** A transport of its own to the server. */
export function transportTo(server: FakeApiServer, clock: VirtualClock): ApiTransport {
  return new ApiTransport({ kubeConfig: server.kubeConfig(), clock, userAgent: 'test/1' });
}
