import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import * as z from 'zod';
import { bundle } from '../../scripts/build/bundle.ts';
import { startControlPlane } from '../control-plane/control-plane.ts';
import type { ControlPlane } from '../control-plane/control-plane.ts';
import { chart, helm as runHelm, kubectl as runKubectl, SOME_IMAGE } from '../manifests/support/helm.ts';
import { uninstall } from '../manifests/support/uninstall-hook.ts';

const MINUTE_MS = 60_000;
jest.setTimeout(5 * MINUTE_MS);

const RELEASE = 'gpupod-operator';
const NAMESPACE = 'gpupod-system';

/** What a kubelet needs of a Deployment to start its container. */
const Deployment = z.object({
  spec: z.object({
    template: z.object({
      spec: z.object({
        serviceAccountName: z.string().optional(),
        containers: z.tuple([
          z.object({
            command: z.array(z.string()).default(['node', '/app/gpupod-operator.mjs']),
            args: z.array(z.string()).default([]),
            env: z.array(z.object({ name: z.string(), value: z.string().optional() })).default([]),
          }),
        ]),
      }),
    }),
  }),
});

let controlPlane: ControlPlane;
/** The files of the image. */
let app: string;
const children: ChildProcess[] = [];

async function helm(...args: readonly string[]): Promise<string> {
  return await runHelm(controlPlane, ...args);
}

async function kubectl(...args: readonly string[]): Promise<string> {
  return await runKubectl(controlPlane, ...args);
}

/** Starts the container of a Deployment as its service account. The last arguments and variables win. */
async function start(
  name: string,
  more: { readonly args: readonly string[]; readonly env?: Readonly<Record<string, string>> },
): Promise<ChildProcess> {
  const deployed = await kubectl('-n', NAMESPACE, 'get', 'deployment', name, '-o', 'json');
  const { serviceAccountName, containers } = Deployment.parse(JSON.parse(deployed)).spec.template.spec;
  const [{ command, args, env }] = containers;
  const [, program = ''] = command;
  const account =
    serviceAccountName === undefined
      ? {}
      : { KUBECONFIG: await controlPlane.kubeconfigForServiceAccount(NAMESPACE, serviceAccountName) };
  const rendered = Object.fromEntries(env.map(({ name: key, value }) => [key, value ?? NAMESPACE]));
  const child = spawn(process.execPath, [program.replace('/app', app), ...args, ...more.args], {
    env: { ...rendered, ...account, ...more.env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  return child;
}

/** The manifest between `kubectl apply -f - <<EOF` and `EOF`. */
function manifestIn(notes: string): string {
  const [, indented = ''] = /<<EOF\n(.*?)\n {3}EOF/s.exec(notes) ?? [];
  return indented.replaceAll(/^ {3}/gm, '');
}

beforeAll(async () => {
  controlPlane = await startControlPlane();
  app = path.join(controlPlane.directory, 'app');
  await bundle(app);
}, 40 * MINUTE_MS);

afterEach(async () => {
  for (const child of children.splice(0)) {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  }
});

afterAll(async () => {
  await controlPlane.stop();
});

describe('the chart with simulator.enabled', () => {
  it('leads from nothing to a Ready GpuPod with what helm prints, and back', async () => {
    const where = ['-n', NAMESPACE, '--create-namespace'];
    const notes = await helm(
      'install',
      RELEASE,
      chart,
      ...where,
      ...SOME_IMAGE,
      '--set',
      'simulator.enabled=true',
    );

    const simulator = await start(`${RELEASE}-simulator`, { args: ['--host=127.0.0.1', '--port=0'] });
    if (simulator.stdout === null) throw new Error('the simulator writes nowhere');
    const [line] = z.tuple([z.instanceof(Buffer)]).parse(await once(simulator.stdout, 'data'));
    const { url } = z.object({ url: z.url() }).parse(JSON.parse(String(line)));
    const operator = await start(RELEASE, {
      args: ['--http-address=off'],
      env: { PRIME_API_BASE_URL: url },
    });
    operator.stdout?.resume();

    const input = manifestIn(notes);
    expect(await controlPlane.kubectl(['apply', '-f', '-'], { input })).toMatchObject({ code: 0 });
    await kubectl('wait', 'gpupod/train-1', '--for=condition=Ready', '--timeout=120s');
    expect(await kubectl('get', 'gpupods', '-o', 'wide')).toContain('1.90');

    const refused = await uninstall(controlPlane, RELEASE, NAMESPACE);
    expect(refused).toMatchObject({ isSuccess: false, check: expect.stringContaining('train-1') });
    await kubectl('delete', 'gpupod', 'train-1', '--timeout=120s');
    expect(await uninstall(controlPlane, RELEASE, NAMESPACE)).toMatchObject({ isSuccess: true });
  });
});
