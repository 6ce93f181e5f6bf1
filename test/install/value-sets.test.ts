import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { stringify } from 'yaml';
import { startControlPlane } from '../control-plane/control-plane.ts';
import type { ControlPlane } from '../control-plane/control-plane.ts';
import { kubectl, SOME_IMAGE, templateWith } from '../manifests/support/helm.ts';
import { objectsIn } from '../manifests/support/rendered.ts';
import { installPythonTool } from '../support/python-tool.ts';
import { runProgram } from '../support/run-program.ts';
import { VALUE_SETS, WATCHED } from './support/value-sets.ts';

const MINUTE_MS = 60_000;
jest.setTimeout(5 * MINUTE_MS);

const NAMESPACE = 'gpupod-system';
/** Each version that the chart supports and that is still patched, and the newest. */
const KUBERNETES_VERSIONS = ['1.31', '1.32', '1.33', '1.34', '1.35', '1.36', '1.37'];

const validator = await installPythonTool(
  {
    package: 'kubernetes-validate',
    version: '1.37.0',
    module: 'kubernetes_validate',
    script: 'kubernetes-validate',
  },
  process.env,
);
const withSchemas = validator.kind === 'ready' ? describe : describe.skip;
if (validator.kind === 'unavailable') {
  process.stderr.write(`\nNOT TESTED: the chart against older Kubernetes schemas: ${validator.reason}\n\n`);
}

/** What the chart renders, without the objects of the Prometheus operator, whose kinds Kubernetes does not know. */
async function renderedWith(args: readonly string[]): Promise<string> {
  const objects = objectsIn(await templateWith([...SOME_IMAGE, ...args], NAMESPACE));
  const known = objects.filter(({ apiVersion }) => !String(apiVersion).startsWith('monitoring.coreos.com/'));
  expect(known.length).toBeGreaterThan(5);
  return known.map((object) => stringify(object)).join('---\n');
}

it('knows at least 25 sets of values, and each once', () => {
  expect(new Set(VALUE_SETS.map(({ args }) => args.join(' '))).size).toBe(VALUE_SETS.length);
  expect(VALUE_SETS.length).toBeGreaterThanOrEqual(25);
});

describe('a real API server', () => {
  let controlPlane: ControlPlane;

  beforeAll(async () => {
    controlPlane = await startControlPlane();
    for (const namespace of [NAMESPACE, ...WATCHED]) {
      await kubectl(controlPlane, 'create', 'namespace', namespace);
      const restricted = ['enforce', 'warn'].map((mode) => `pod-security.kubernetes.io/${mode}=restricted`);
      await kubectl(controlPlane, 'label', 'namespace', namespace, ...restricted);
    }
    // Elsewhere kube-controller-manager creates it.
    await kubectl(controlPlane, '-n', NAMESPACE, 'create', 'serviceaccount', 'default');
  }, 40 * MINUTE_MS);

  afterAll(async () => {
    await controlPlane.stop();
  });

  async function apply(input: string): Promise<{ readonly code: number; readonly stderr: string }> {
    const args = ['apply', '--server-side', '--dry-run=server', '--validate=strict'];
    const { code, stderr } = await controlPlane.kubectl([...args, '-f', '-'], { input });
    return { code, stderr };
  }

  it.each(VALUE_SETS)('accepts the chart with $name, and warns of nothing', async ({ args }) => {
    expect(await apply(await renderedWith(args))).toEqual({ code: 0, stderr: '' });
  });

  it('would refuse a field that it does not know', async () => {
    const wrong = (await renderedWith([])).replace('replicas: 2', 'replicas: 2\n  replica: 2');
    expect(await apply(wrong)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('.spec.replica: field not declared in schema'),
    });
  });
});

withSchemas('the schemas of Kubernetes', () => {
  let directory: string;

  beforeAll(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'value-sets-'));
    const all = await Promise.all(VALUE_SETS.map(async ({ args }) => await renderedWith(args)));
    await writeFile(path.join(directory, 'all.yaml'), all.join('---\n'));
    const wrong = (await renderedWith([])).replace('replicas: 2', 'replicas: two');
    await writeFile(path.join(directory, 'wrong.yaml'), wrong);
  });

  afterAll(async () => {
    await rm(directory, { recursive: true });
  });

  async function validate(version: string, file: string): Promise<{ code: number; failures: string[] }> {
    if (validator.kind !== 'ready') throw new Error(validator.reason);
    const args = [validator.script, '--strict', '--kubernetes-version', version, path.join(directory, file)];
    const { code, stdout, stderr } = await runProgram(validator.python, args, process.env);
    return { code, failures: (stdout + stderr).split('\n').filter((line) => /error|failed/i.test(line)) };
  }

  it.each(KUBERNETES_VERSIONS)('of version %s accept the chart with all sets of values', async (version) => {
    expect(await validate(version, 'all.yaml')).toEqual({ code: 0, failures: [] });
  });

  it('would refuse a number that is a word', async () => {
    expect(await validate('1.31', 'wrong.yaml')).toMatchObject({ code: 1 });
  });
});
