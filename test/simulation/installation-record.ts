import { INSTALLATION } from './shared-world.ts';
import type { SimulatedWorld } from './simulated-world.ts';

/** Where the id of an installation stands that was not given one. */
export const INSTALLATION_RECORD = { namespace: 'gpupod-system', name: 'gpupod-operator-installation' };

/** As an installation leaves it that made up its own id long ago. */
export function writeRecord({ server }: SimulatedWorld): void {
  const clusterUid = server.get('namespaces', { name: 'kube-system' })?.metadata.uid ?? '';
  const { namespace, name } = INSTALLATION_RECORD;
  const data = { installationId: INSTALLATION, clusterUid };
  server.create('configmaps', namespace, { metadata: { name }, data }, 'cluster');
}
