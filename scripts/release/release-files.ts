import { cp, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** The parts of a release that the repository lacks, which describe a pushed image. */
export interface Release {
  /** As `v0.1.0`. */
  readonly tag: string;
  readonly repository: string;
  readonly digest: string;
}

/** Thrown before anything is written. Names the argument at fault. */
export class ReleaseError extends Error {
  override name = 'ReleaseError';
}

const DIGEST = /^sha256:[0-9a-f]{64}$/;
/** The image of deploy/ in the repository, which nobody can publish. */
const PLACEHOLDER = /registry\.invalid\/gpupod-operator:\S+/;

/** Writes `chart/` and `deploy/` into `out`, both with the image of this release. */
export async function writeReleaseFiles(root: string, out: string, release: Release): Promise<void> {
  await check(root, release);
  const { repository, digest } = release;
  await cp(path.join(root, 'charts/gpupod-operator'), path.join(out, 'chart'), { recursive: true });
  await cp(path.join(root, 'deploy'), path.join(out, 'deploy'), { recursive: true });
  await edit(path.join(out, 'chart/values.yaml'), [
    [/^ {2}repository: ""$/m, `  repository: ${repository}`],
    [/^ {2}digest: ""$/m, `  digest: ${digest}`],
  ]);
  const image = `${repository}@${digest}`;
  // Artifact Hub shows the image, and scans it.
  await edit(path.join(out, 'chart/Chart.yaml'), [
    [
      /^annotations:$/m,
      `annotations:\n  artifacthub.io/images: |\n    - name: gpupod-operator\n      image: ${image}`,
    ],
  ]);
  await edit(path.join(out, 'chart/README.md'), [
    [/^(\| `image\.repository` \| `)""/m, `$1"${repository}"`],
    [/^(\| `image\.digest` \| `)""/m, `$1"${digest}"`],
  ]);
  await edit(path.join(out, 'deploy/deployment.yaml'), [[PLACEHOLDER, image]]);
}

async function check(root: string, { tag, repository, digest }: Release): Promise<void> {
  const { version } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8')) as {
    version: string;
  };
  if (tag !== `v${version}`) {
    throw new ReleaseError(`--tag: ${tag} is not that of version ${version}: v${version}`);
  }
  if (!DIGEST.test(digest)) throw new ReleaseError(`--digest: ${digest} is not a digest: sha256:<64 digits>`);
  if (repository !== repository.toLowerCase() || repository === '') {
    throw new ReleaseError(
      `--repository: "${repository}" is not the name of a repository: lower-case letters only`,
    );
  }
}

async function edit(file: string, changes: readonly (readonly [RegExp, string])[]): Promise<void> {
  let text = await readFile(file, 'utf8');
  for (const [pattern, replacement] of changes) {
    if (!pattern.test(text)) {
      throw new ReleaseError(`${file}: has no place that looks like ${pattern.source}`);
    }
    text = text.replace(pattern, replacement);
  }
  await writeFile(file, text);
}
