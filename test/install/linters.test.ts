import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import * as z from 'zod';
import { ensureBinaries } from '../control-plane/binaries.ts';
import { SOME_IMAGE, templateWith } from '../manifests/support/helm.ts';
import { installPythonTool } from '../support/python-tool.ts';
import { runProgram } from '../support/run-program.ts';

const MINUTE_MS = 60_000;
jest.setTimeout(5 * MINUTE_MS);

const NO_LIMIT =
  'a limit throttles the operator when it must terminate many instances, and nobody else gains';
const PULL_POLICY = 'the release pulls by digest, which names one image only';
const ANY_USER = 'the platform chooses the user: a fixed one fails on OpenShift';
const NO_VOLUME = 'nothing is written to the file system, which is read-only';
const SHORT_LIVED = 'it runs to completion, and nothing sends it requests';
const NO_EGRESS_RULE = 'it talks to the API server alone, whose address the chart cannot know';

/** What kube-score says of the chart, and why it stays. */
const KUBE_SCORE: Readonly<Record<string, string>> = {
  'CPU limit is not set': NO_LIMIT,
  'Ephemeral Storage limit is not set': NO_VOLUME,
  'Ephemeral Storage request is not set': NO_VOLUME,
  'ImagePullPolicy is not set to Always': PULL_POLICY,
  'The container is running with a low user ID': ANY_USER,
  'The container running with a low group ID': ANY_USER,
  'The pod does not have a matching NetworkPolicy': NO_EGRESS_RULE,
  'Deployment does not have a host podAntiAffinity set': 'topologySpreadConstraints do the same',
};

/** What checkov says of the chart, and why it stays. */
const CHECKOV: Readonly<Record<string, string>> = {
  CKV_K8S_8: SHORT_LIVED,
  CKV_K8S_9: SHORT_LIVED,
  CKV_K8S_11: NO_LIMIT,
  CKV_K8S_15: PULL_POLICY,
  CKV_K8S_38: 'the operator and the check before an uninstallation need the API server',
  CKV_K8S_40: ANY_USER,
  CKV_K8S_43: 'the chart of a release names a digest; this test renders the one of the sources',
};

/** What checkov says of the Dockerfile, and why it stays. */
const DOCKERFILE: Readonly<Record<string, string>> = {
  CKV_DOCKER_2: 'Kubernetes ignores HEALTHCHECK; the chart has probes',
  CKV_DOCKER_7: 'the base image is an argument, for which a release passes a digest',
};

const SAFE = ['networkPolicy.enabled=true', 'metrics.service=true', 'admissionPolicy.enabled=true'];

const checkov = await installPythonTool(
  { package: 'checkov', version: '3.3.30', module: 'checkov.main', script: 'checkov' },
  process.env,
);
const withCheckov = checkov.kind === 'ready' ? describe : describe.skip;
if (checkov.kind === 'unavailable') {
  process.stderr.write(`\nNOT TESTED: the chart with checkov: ${checkov.reason}\n\n`);
}

let directory: string;
let manifests: string;

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'linters-'));
  manifests = path.join(directory, 'chart.yaml');
  const values = SAFE.flatMap((value) => ['--set', value]);
  await writeFile(manifests, await templateWith([...SOME_IMAGE, ...values]));
}, 20 * MINUTE_MS);

afterAll(async () => {
  await rm(directory, { recursive: true });
});

describe('kube-score', () => {
  it(
    'finds in the chart exactly what has a reason',
    async () => {
      const { 'kube-score': kubeScore } = await ensureBinaries(['kube-score']);
      const args = ['score', manifests, '--output-format', 'ci'];
      const { stdout } = await runProgram(kubeScore, args, process.env);
      const lines = stdout.split('\n').filter((line) => /^\[(?:CRITICAL|WARNING)\]/.test(line));
      const found = lines.map((line) => line.replace(/^.*?: (?:\([\w-]+\) )?/, ''));
      expect([...new Set(found)].sort()).toEqual(Object.keys(KUBE_SCORE).sort());
    },
    20 * MINUTE_MS,
  );
});

describe('actionlint', () => {
  it(
    'finds nothing in the workflows',
    async () => {
      const { actionlint } = await ensureBinaries(['actionlint']);
      const folder = '.github/workflows';
      const workflows = (await readdir(folder)).map((file) => path.join(folder, file));
      expect(workflows.length).toBeGreaterThan(1);
      expect(await runProgram(actionlint, workflows, process.env)).toMatchObject({ code: 0, stdout: '' });

      const wrong = path.join(directory, 'wrong.yml');
      await writeFile(wrong, 'on: push\njobs: {a: {runs-on: ubuntu-latest, steps: [{uses: ./, with: x}]}}\n');
      expect(await runProgram(actionlint, [wrong], process.env)).toMatchObject({ code: 1 });
    },
    20 * MINUTE_MS,
  );
});

withCheckov('checkov', () => {
  const Checks = z.array(z.object({ check_id: z.string() }));
  const Report = z.object({ results: z.object({ failed_checks: Checks, passed_checks: Checks }) });

  /** The checks that failed; at least so many others passed. */
  async function findings(
    framework: string,
    place: readonly string[],
    passed: number,
  ): Promise<readonly string[]> {
    if (checkov.kind !== 'ready') throw new Error(checkov.reason);
    const what = [...place, '--framework', framework, '--skip-download', '--output', 'json'];
    const env = { ...process.env, HOME: directory };
    const { stdout } = await runProgram(checkov.python, [checkov.script, ...what], env);
    const { results } = Report.parse(JSON.parse(stdout));
    expect(results.passed_checks.length).toBeGreaterThanOrEqual(passed);
    return [...new Set(results.failed_checks.map(({ check_id }) => check_id))].sort();
  }

  it('finds in the chart exactly what has a reason', async () => {
    expect(await findings('kubernetes', ['--file', manifests], 100)).toEqual(Object.keys(CHECKOV).sort());
  });

  it('finds in the Dockerfile exactly what has a reason', async () => {
    expect(await findings('dockerfile', ['--file', 'Dockerfile'], 20)).toEqual(
      Object.keys(DOCKERFILE).sort(),
    );
  });

  it('finds nothing in the workflows', async () => {
    expect(await findings('github_actions', ['--directory', '.github'], 50)).toEqual([]);
  });
});
