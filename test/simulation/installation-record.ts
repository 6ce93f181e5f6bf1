import { INSTALLATION } from './shared-provider.ts';
import type { Simulation } from './simulation.ts';

/** The record of an installation that generated its own ID. */
export const INSTALLATION_RECORD = { namespace: 'gpupod-system', name: 'gpupod-operator-installation' };

/** Writes the record as an earlier process of the installation would have left it. */
export function writeRecord({ server }: Simulation): void {
  const clusterUid = server.get('namespaces', { name: 'kube-system' })?.metadata.uid ?? '';
  const { namespace, name } = INSTALLATION_RECORD;
  const data = { installationId: INSTALLATION, clusterUid };
  server.create('configmaps', namespace, { metadata: { name }, data }, 'cluster');
}
