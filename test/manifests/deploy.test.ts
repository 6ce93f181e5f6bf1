import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { loadConfig } from '../../src/config/load-config.ts';
import { parseManifests, permissions, podSpecOf } from './support/manifest.ts';

const files = ['namespace.yaml', 'rbac.yaml', 'deployment.yaml'];
const manifests = parseManifests(files.map((file) => readFileSync(`deploy/${file}`, 'utf8')).join('\n---\n'));
const podSpec = podSpecOf(manifests);
const [container] = podSpec.containers;

/** The operator as the Deployment starts it. */
function configOfDeployment() {
  const env = Object.fromEntries(
    container.env.map(({ name, value }) => [name, value ?? 'value-of-the-field']),
  );
  const loaded = loadConfig(container.args ?? [], env);
  if (loaded.kind !== 'ok') throw new Error(`the operator would not start: ${JSON.stringify(loaded)}`);
  return loaded.config;
}

describe('the Deployment', () => {
  it('starts, because the operator knows every argument and variable', () => {
    expect(configOfDeployment().warnings).toEqual([]);
  });

  it('leaves a create request that was sent enough time for its answer before the process is killed', () => {
    expect(podSpec.terminationGracePeriodSeconds * 1_000).toBeGreaterThan(
      configOfDeployment().prime.timeouts.createMs,
    );
  });

  it('mounts the Secret where the operator reads the key', () => {
    const { key } = configOfDeployment().prime;
    const [mount] = container.volumeMounts;
    expect(key).toEqual({ kind: 'file', path: expect.stringMatching(new RegExp(`^${mount?.mountPath}/`)) });
    expect(podSpec.volumes.map(({ name }) => name)).toEqual([mount?.name]);
  });

  it('probes the port that the operator serves on', () => {
    const { http } = configOfDeployment().process;
    expect(container.ports).toEqual([{ name: 'http', containerPort: http?.port }]);
    expect([container.livenessProbe, container.readinessProbe].map(({ httpGet }) => httpGet)).toEqual([
      { path: '/healthz', port: 'http' },
      { path: '/readyz', port: 'http' },
    ]);
  });
});

describe('the permissions', () => {
  it('name the Lease that the operator takes by default', () => {
    const { name } = configOfDeployment().lease;
    expect(permissions(manifests, 'Role')).toContain(`update leases.coordination.k8s.io/${name}`);
  });

  it.each(['gpupod-operator-installation', 'gpupod-operator-retained'])('name ConfigMap %s', (name) => {
    expect(permissions(manifests, 'Role')).toEqual(
      expect.arrayContaining([`get configmaps./${name}`, `patch configmaps./${name}`]),
    );
  });

  it.each(['list secrets./*', 'watch secrets./*'])(
    'do not allow it to %s, because the names of its Secrets are listed',
    (line) => {
      expect(permissions(manifests, 'ClusterRole')).not.toContain(line);
    },
  );
});
