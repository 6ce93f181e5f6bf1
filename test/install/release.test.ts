import { readFileSync, globSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import * as z from 'zod';
import { writeReleaseFiles } from '../../scripts/release/release-files.ts';
import { OPERATOR_VERSION } from '../../src/config/version.ts';
import { ensureBinaries } from '../control-plane/binaries.ts';
import { templateOf } from '../manifests/support/helm.ts';
import { parseManifests, podSpecOf } from '../manifests/support/manifest.ts';

const MINUTE_MS = 60_000;
const root = path.resolve(import.meta.dirname, '../..');
const release = {
  tag: `v${OPERATOR_VERSION}`,
  repository: 'registry.example.com/someone/gpupod-operator',
  digest: `sha256:${'0'.repeat(64)}`,
};
const image = `${release.repository}@${release.digest}`;

const Chart = z.object({ annotations: z.record(z.string(), z.string()) });

let out: string;

beforeAll(async () => {
  await ensureBinaries(['helm']);
  out = await mkdtemp(path.join(tmpdir(), 'release-'));
  await writeReleaseFiles(root, out, release);
}, 40 * MINUTE_MS);

afterAll(async () => {
  await rm(out, { recursive: true });
});

describe('the files of a release', () => {
  it('contain a chart that pulls the image of the release by default', async () => {
    const manifests = parseManifests(await templateOf(path.join(out, 'chart'), []));
    expect(podSpecOf(manifests).containers[0].image).toBe(image);
  });

  it('name the image for Artifact Hub, and in the readme of the chart', async () => {
    const { annotations } = Chart.parse(parse(await readFile(path.join(out, 'chart/Chart.yaml'), 'utf8')));
    expect(parse(annotations['artifacthub.io/images'] ?? '')).toEqual([{ name: 'gpupod-operator', image }]);
    const readme = await readFile(path.join(out, 'chart/README.md'), 'utf8');
    expect(readme).toContain(`| \`image.repository\` | \`"${release.repository}"\` |`);
    expect(readme).toContain(`| \`image.digest\` | \`"${release.digest}"\` |`);
  });

  it('contain manifests that pull the same image', async () => {
    const manifests = parseManifests(await readFile(path.join(out, 'deploy/deployment.yaml'), 'utf8'));
    expect(podSpecOf(manifests).containers[0].image).toBe(image);
  });

  it.each([
    { wrong: { tag: 'v9.9.9' }, says: `--tag: v9.9.9 is not that of version ${OPERATOR_VERSION}` },
    { wrong: { tag: OPERATOR_VERSION }, says: '--tag: ' },
    { wrong: { digest: 'latest' }, says: '--digest: latest is not a digest' },
    { wrong: { repository: 'ghcr.io/Someone/x' }, says: '--repository: "ghcr.io/Someone/x"' },
    { wrong: { repository: '' }, says: '--repository: ""' },
  ])('are not written with $wrong', async ({ wrong, says }) => {
    await expect(writeReleaseFiles(root, out, { ...release, ...wrong })).rejects.toThrow(says);
  });
});

describe('every workflow', () => {
  const workflows = globSync('.github/workflows/*.yml').map((file) => ({
    file,
    text: readFileSync(file, 'utf8'),
  }));

  it.each(workflows)('$file pins actions to a commit, with their version in a comment', ({ text }) => {
    const uses = [...text.matchAll(/uses: (.*)/g)].map(([, action = '']) => action);
    expect(uses).not.toEqual([]);
    expect(uses.filter((action) => !/^\S+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(action))).toEqual([]);
  });

  it('uses the same commit of an action everywhere', () => {
    const all = workflows.flatMap(({ text }) => [...text.matchAll(/uses: (\S+)@(\S+)/g)]);
    const commits = Map.groupBy(all, ([, name]) => name);
    for (const [name, found] of commits) {
      expect([name, new Set(found.map(([, , commit]) => commit)).size]).toEqual([name, 1]);
    }
  });

  it('runs only existing scripts and files', () => {
    const paths = workflows.flatMap(
      ({ text }) => text.match(/(?:scripts|examples|charts|crds)\/[\w./-]*\w/g) ?? [],
    );
    expect(paths).toContain('scripts/release.ts');
    expect(paths.filter((one) => globSync(one).length === 0)).toEqual([]);
  });
});
