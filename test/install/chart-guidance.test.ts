import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import * as z from 'zod';
import { ensureBinaries } from '../control-plane/binaries.ts';
import { gpuPodsIn, problemsOf } from '../docs/support/gpu-pod-yaml.ts';
import { chart, SOME_IMAGE, template } from '../manifests/support/helm.ts';
import { objectsIn, one } from '../manifests/support/rendered.ts';

const MINUTE_MS = 60_000;
let helm: string;

beforeAll(async () => {
  ({ helm } = await ensureBinaries(['helm']));
}, 40 * MINUTE_MS);

/** The notes of `helm install`, rendered without a cluster. */
async function notes(...sets: readonly string[]): Promise<string> {
  const args = ['install', 'rent', chart, '-n', 'system', '--dry-run=client', ...SOME_IMAGE];
  const env = { HOME: tmpdir() };
  const all = [...args, ...sets.flatMap((set) => ['--set', set])];
  const { stdout } = await promisify(execFile)(helm, all, { env, maxBuffer: 10_000_000 });
  return stdout.slice(stdout.indexOf('\nNOTES:\n'));
}

describe('the notes of an installation', () => {
  it.each([
    { sets: [], namespace: 'default' },
    { sets: ['watchNamespaces={team-b}'], namespace: 'team-b' },
  ])('show a valid GpuPod in the watched namespace $namespace', async ({ sets, namespace }) => {
    const [, manifest = ''] = /<<EOF\n(.*?)\n +EOF/s.exec(await notes(...sets)) ?? [];
    const [gpuPod = {}] = gpuPodsIn(manifest.replaceAll(/^ {3}/gm, ''));
    expect(problemsOf(gpuPod)).toEqual([]);
    expect(gpuPod).toMatchObject({ metadata: { namespace } });
  });

  it.each([
    { sets: [], says: 'create secret generic prime-api-key --from-literal=api-key=<your key>' },
    { sets: ['primeApiKey.value=pit_abc'], says: 'The API key is in the Secret prime-api-key.' },
    { sets: ['simulator.enabled=true'], says: 'The provider is simulated' },
    { sets: ['watchNamespaces={a}'], says: 'This release does not manage the CRD' },
    { sets: ['image.tag=v7'], says: 'from image registry.example.com/gpupod-operator:v7.' },
    { sets: [], says: 'No price ceiling is set' },
    { sets: [], says: 'helm test rent --namespace system' },
  ])('contain with $sets: $says', async ({ sets, says }) => {
    expect(await notes(...sets)).toContain(says);
  });
});

describe('helm test', () => {
  const Pod = z.object({
    spec: z.object({
      containers: z.tuple([z.object({ command: z.array(z.string()), args: z.array(z.string()) })]),
    }),
  });

  /** Runs the rendered command against a process with these answers, and returns its output. */
  async function runTest(status: number, body: string): Promise<string> {
    const { command, args } = Pod.parse(one(objectsIn(await template([])), 'Pod')).spec.containers[0];
    const server = createServer((request, response) => {
      response.writeHead(request.url === '/readyz' ? status : 404).end(body);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = z.object({ port: z.number() }).parse(server.address());
    const [script = '', url = ''] = args;
    // Without retries, because the answers do not change.
    const firstTry = script.replace('left = 30', 'left = 1');
    const local = url.replace(/\/\/[^/]+/, `//127.0.0.1:${port}`);
    try {
      const ran = promisify(execFile)(process.execPath, [...command.slice(1), firstTry, local]);
      return (await ran).stdout;
    } finally {
      server.close();
    }
  }

  it('passes when the operator is ready', async () => {
    expect(await runTest(200, 'all is well')).toMatch(/\/readyz: 200 all is well/);
  });

  it('fails when the operator is not ready, and prints why', async () => {
    await expect(runTest(503, 'the CRD is older')).rejects.toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/\/readyz: 503 the CRD is older/),
    });
  });

  it('queries its own Service for the Pods of this release', async () => {
    const objects = objectsIn(await template([]));
    const { metadata, spec } = z
      .object({ metadata: z.object({ name: z.string() }), spec: z.looseObject({}) })
      .parse(one(objects, 'Service'));
    expect(Pod.parse(one(objects, 'Pod')).spec.containers[0].args[1]).toBe(
      `http://${metadata.name}:8080/readyz`,
    );
    expect(spec).toMatchObject({
      publishNotReadyAddresses: true,
      selector: { 'app.kubernetes.io/instance': 'gpupod-operator' },
    });
  });
});

describe('Chart.yaml', () => {
  it('shows a valid GpuPod to Artifact Hub', () => {
    const { annotations } = z
      .object({ annotations: z.record(z.string(), z.string()) })
      .parse(parse(readFileSync(`${chart}/Chart.yaml`, 'utf8')));
    const examples = z
      .array(z.record(z.string(), z.unknown()))
      .parse(parse(annotations['artifacthub.io/crdsExamples'] ?? ''));
    expect(examples.flatMap((example) => problemsOf(example))).toEqual([]);
    expect(examples).toHaveLength(1);
  });
});
