import { KubeConfig } from '@kubernetes/client-node';
import { systemClock } from '../../../src/clock.ts';
import { ApiTransport } from '../../../src/kubernetes/client/api-transport.ts';
import { keepOnly } from '../../../src/kubernetes/objects.ts';
import type { KubernetesObject } from '../../../src/kubernetes/objects.ts';
import { Reflector } from '../../../src/kubernetes/cache/reflector.ts';
import { RecordingLog } from './recording-log.ts';

/** Runs as a process with a small heap. It lists all objects of the server in its argument, and prints their number. */
const [, , server = ''] = process.argv;
const kubeConfig = new KubeConfig();
kubeConfig.loadFromClusterAndUser(
  { name: 'test', server, skipTLSVerify: true },
  { name: 'test', token: 'test' },
);
const reflector = new Reflector<KubernetesObject>({
  transport: new ApiTransport({ kubeConfig, clock: systemClock, userAgent: 'test/1' }),
  clock: systemClock,
  log: new RecordingLog(),
  path: '/apis/gpupod.dev/v1alpha1/gpupods',
  decode: keepOnly({ annotations: new Map(), labels: false }),
});
reflector.start();
await reflector.whenSynced();
process.stdout.write(String(reflector.store.size));
process.exit(0);
