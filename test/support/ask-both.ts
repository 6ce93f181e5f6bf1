import { systemClock } from '../../src/clock.ts';
import { connectCluster } from '../../src/composition/cluster.ts';
import { connectPrime } from '../../src/composition/prime.ts';
import { proxiesInUse } from '../../src/composition/proxies-in-use.ts';
import { createTelemetry } from '../../src/composition/telemetry.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import { RecordingLog } from '../kubernetes/support/recording-log.ts';

/**
 * Runs as a process, because Node reads NODE_EXTRA_CA_CERTS when it starts. It connects to the provider and the API
 * server as the operator does, asks each once, and prints how that went.
 */
const loaded = loadConfig(process.argv.slice(2), process.env);
if (loaded.kind !== 'ok') throw new Error(JSON.stringify(loaded));
const { config } = loaded;
const { metrics } = createTelemetry(systemClock);
const cluster = connectCluster({ config, clock: systemClock, log: new RecordingLog(), metrics });
const { transport } = cluster;
const { provider } = connectPrime(config, systemClock, metrics);
const account = await provider.whoami();
const version = await transport.requestJson({ method: 'GET', path: '/version' }).then(
  () => 'ok',
  (error: unknown) => String(error),
);
process.stdout.write(
  JSON.stringify({ provider: account, apiServer: version, proxies: proxiesInUse(config, cluster), config }),
);
provider.close();
transport.close();
