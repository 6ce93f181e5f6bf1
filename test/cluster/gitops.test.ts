import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import { markdownFiles } from '../docs/support/markdown.ts';
import type { KubectlResult } from '../control-plane/kubectl.ts';
import type { Scene } from '../support/scene.ts';
import { useBench } from '../support/use-bench.ts';

const examples = path.resolve(import.meta.dirname, '../../examples');
const TEAM = 'my_team_id';
const H100 = { gpu: { types: ['H100_80GB'] }, maxPrice: 3 };

const cluster = useBench();
let scene: Scene;

beforeEach(async () => {
  const accounts = [{ key: 'a-key', userId: 'user_1', teams: [TEAM] }];
  scene = await cluster.open({
    simulator: { settings: { accounts }, ssh: { runsCommands: false } },
    flags: {
      'ssh-probe': 'true',
      'ssh-probe-allowed-cidrs': '127.0.0.1/32',
      'allowed-team-ids': TEAM,
      'gpu-accounts': 'true',
    },
  });
});

/** The manifests of examples/, as Git would hold them, with or without `suspend`; each with the name of its GpuPod. */
async function manifests(change: { readonly suspend?: boolean }): Promise<ReadonlyMap<string, string>> {
  const directory = await mkdtemp(path.join(cluster.bench.directory, 'manifests-'));
  const files = new Map<string, string>();
  for (const file of await readdir(examples)) {
    const documents = parseAllDocuments(await readFile(path.join(examples, file), 'utf8'));
    // This operator watches one namespace, and so serves no ClusterGpuAccounts.
    if (documents.some((document) => document.get('kind') === 'ClusterGpuAccount')) continue;
    const gpuPod = documents.find((document) => document.get('kind') === 'GpuPod');
    for (const [field, value] of Object.entries(change)) gpuPod?.setIn(['spec', field], value);
    const target = path.join(directory, file);
    await writeFile(target, documents.join('---\n'));
    files.set(String(gpuPod?.getIn(['metadata', 'name'])), target);
  }
  return files;
}

/** Applies all manifests, waits until each GpuPod has this reason, and returns every difference that kubectl then sees. */
async function differences(files: ReadonlyMap<string, string>, reason: string): Promise<readonly string[]> {
  for (const file of files.values()) {
    const { code, stderr } = await scene.kubectl(['apply', '-f', file]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  }
  const found: string[] = [];
  for (const [name, file] of files) {
    // One example says so itself.
    const wanted = name === 'suspended' && reason !== 'Suspended' ? 'Suspended' : reason;
    await scene.until(name, `${name} is ${wanted}`, ({ status }) =>
      (status.conditions ?? []).some(
        (condition) => condition.type === 'Ready' && condition.reason === wanted,
      ),
    );
    const { code, stdout, stderr } = await scene.kubectl(['diff', '-f', file]);
    if (code !== 0) found.push(`${name}: ${stdout}${stderr}`);
  }
  return found;
}

describe('kubectl diff', () => {
  it('shows nothing for an applied example, whether it waits, has an instance, or is suspended', async () => {
    const key = ['create', 'secret', 'generic', 'prime-api-key-of-team', '--from-literal=api-key=a-key'];
    expect(await scene.kubectl(key)).toMatchObject({ code: 0 });
    const { offers } = scene.simulator;
    const market = offers.all();
    offers.replace([]);
    await scene.startOperator();
    const asInGit = await manifests({});
    expect(asInGit.size).toBeGreaterThan((await readdir(examples)).length / 2);
    expect(await differences(asInGit, 'NoMatchingOffer')).toEqual([]);
    offers.replace(market);
    expect(await differences(asInGit, 'Available')).toEqual([]);
    expect(await differences(await manifests({ suspend: true }), 'Suspended')).toEqual([]);
  });

  it('shows a change of the manifest', async () => {
    await scene.startOperator();
    const file = path.join(examples, 'gpupod.yaml');
    await scene.kubectl(['apply', '-f', file]);
    await scene.untilReady('train-1');
    const manifest = (await readFile(file, 'utf8')).replace('maxPrice: 3.00', 'maxPrice: 4.00');
    const { code, stdout } = await scene.kubectl(['diff', '-f', '-'], manifest);
    expect(code).toBe(1);
    expect(stdout).toMatch(/\n-\s+maxPrice: 3\n\+\s+maxPrice: 4\n/);
  });
});

describe('kubectl wait', () => {
  const page = markdownFiles().find(({ path: file }) => file === 'docs/how-to/gitops.md');
  const lines = page?.blocks.flatMap(({ text }) => text.split('\n')) ?? [];

  /** The command of docs/how-to/gitops.md for this condition, which gives up within the time of a test. */
  async function documented(condition: string): Promise<KubectlResult> {
    const line = lines.find(
      (text) => text.startsWith('kubectl wait gpupod/train-1') && text.includes(condition),
    );
    if (line === undefined) throw new Error(`no command waits for ${condition}`);
    const [, ...args] = line.match(/(?:'[^']*'|[^\s'])+/g) ?? [];
    return await scene.kubectl(
      args.map((arg) => arg.replaceAll("'", '').replace(/^--timeout=.*/, '--timeout=60s')),
    );
  }

  it.each([
    { becomes: 'ready', condition: '=condition=Ready', spec: H100 },
    {
      becomes: 'stalled',
      condition: '=condition=Stalled',
      spec: { ...H100, maxPrice: 0.5, offerTimeout: '1s' },
    },
    { becomes: 'suspended', condition: '=Suspended', spec: { ...H100, suspend: true } },
  ])('returns when the GpuPod becomes $becomes', async ({ condition, spec }) => {
    await scene.create('train-1', spec);
    await scene.startOperator();
    expect(await documented(condition)).toMatchObject({ code: 0, stderr: '' });
  });

  it('returns when the GpuPod is deleted and its instance has terminated', async () => {
    await scene.create('train-1', H100);
    await scene.startOperator();
    await scene.untilReady('train-1');
    await scene.delete('train-1');
    expect(await documented('=delete')).toMatchObject({ code: 0, stderr: '' });
    expect(scene.simulator.ledger.live()).toEqual([]);
  });

  it('ignores a condition that is about an earlier generation of the spec', async () => {
    await scene.create('train-1', H100);
    await scene.startOperator();
    await scene.untilReady('train-1');
    await scene.stopOperators();
    await scene.patch('train-1', { spec: { maxPrice: 4 } });
    const wait = ['wait', 'gpupod/train-1', '--for=condition=Ready', '--timeout=1s'];
    expect(await scene.kubectl(wait)).toMatchObject({ code: 1 });
    await scene.startOperator();
    expect(await documented('=condition=Ready')).toMatchObject({ code: 0 });
  });
});
