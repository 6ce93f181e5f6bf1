import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { stringify } from 'yaml';
import { startControlPlane } from '../control-plane/control-plane.ts';
import type { ControlPlane } from '../control-plane/control-plane.ts';

const minuteMs = 60_000;

const widgets = stringify({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { plural: 'widgets', singular: 'widget', kind: 'Widget' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: { spec: { type: 'object', properties: { size: { type: 'integer' } } } },
          },
        },
      },
    ],
  },
});

let controlPlane: ControlPlane;

/** The output of a kubectl command that must succeed. */
async function kubectl(args: string, input?: string): Promise<string> {
  const { stdout, stderr, code } = await controlPlane.kubectl(
    args.split(' '),
    input === undefined ? {} : { input },
  );
  if (code !== 0) throw new Error(`kubectl ${args}: ${stderr}`);
  return stdout;
}

// Long enough to build the executables if they do not exist.
beforeAll(async () => {
  controlPlane = await startControlPlane({ controllerManager: true });
  await kubectl('apply -f -', widgets);
  await kubectl('wait --for=condition=Established crd/widgets.example.com');
  await kubectl('create namespace team');
}, 20 * minuteMs);

afterAll(async () => {
  await controlPlane.stop();
  expect(existsSync(controlPlane.directory)).toBe(false);
}, minuteMs);

function widget(name: string, size: number | string): string {
  return stringify({
    apiVersion: 'example.com/v1',
    kind: 'Widget',
    metadata: { name, namespace: 'team' },
    spec: { size },
  });
}

describe('a real control plane', () => {
  it('checks objects against the schema of their definition', async () => {
    const { code, stderr } = await controlPlane.kubectl(['create', '-f', '-'], {
      input: widget('odd', 'big'),
    });
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('spec.size') });
  });

  it(
    'keeps data, port and certificates across a restart of the API server',
    async () => {
      await kubectl('create -f -', widget('lasting', 7));
      await controlPlane.restartApiServer();
      expect(await kubectl('get widget lasting -n team -o jsonpath={.spec.size}')).toBe('7');
    },
    minuteMs,
  );

  it(
    'is unavailable while the API server is stopped',
    async () => {
      await controlPlane.stopApiServer();
      const { code } = await controlPlane.kubectl(['get', 'namespaces']);
      await controlPlane.startApiServer();
      expect(code).not.toBe(0);
      expect(await kubectl('get namespace team -o name')).toBe('namespace/team\n');
    },
    minuteMs,
  );

  it(
    'keeps data across a crash of etcd',
    async () => {
      await kubectl('create -f -', widget('safe', 8));
      await controlPlane.stopEtcd();
      await controlPlane.startEtcd();
      expect(await kubectl('get widget safe -n team -o jsonpath={.spec.size}')).toBe('8');
    },
    minuteMs,
  );

  it('lets a service account do what its role allows, and nothing else', async () => {
    await kubectl('create serviceaccount reader -n team');
    await kubectl('create role reader -n team --verb=list --resource=widgets.example.com');
    await kubectl('create rolebinding reader -n team --role=reader --serviceaccount=team:reader');
    const kubeconfig = await controlPlane.kubeconfigForServiceAccount('team', 'reader');
    const list = await controlPlane.kubectl(['get', 'widgets'], { kubeconfig });
    const secrets = await controlPlane.kubectl(['get', 'secrets'], { kubeconfig });
    expect({ list: list.code, secrets: secrets.code, stderr: secrets.stderr }).toEqual({
      list: 0,
      secrets: 1,
      stderr: expect.stringContaining('"system:serviceaccount:team:reader" cannot list resource "secrets"'),
    });
  });

  it('issues tokens for kubectl', async () => {
    await kubectl('create serviceaccount caller -n team');
    expect(await kubectl('create token caller -n team')).toMatch(/^ey[\w-]+\.[\w-]+\.[\w-]+$/);
  });

  it(
    'deletes a namespace with its objects',
    async () => {
      await kubectl('create namespace short-lived');
      await kubectl('create configmap thing -n short-lived');
      await kubectl('delete namespace short-lived --timeout=60s');
      const { stderr } = await controlPlane.kubectl(['get', 'configmap', 'thing', '-n', 'short-lived']);
      expect(stderr).toContain('NotFound');
    },
    2 * minuteMs,
  );
});
