import { readFile } from 'node:fs/promises';
import path from 'node:path';

/** Every executable that the tests and the demo can request. */
export type BinaryName =
  | 'etcd'
  | 'kube-apiserver'
  | 'kubectl'
  | 'kube-controller-manager'
  | 'helm'
  | 'promtool'
  | 'kube-score'
  | 'actionlint';

/** The executables that every control plane needs. Each source provides all three or none. */
export const coreBinaries: readonly BinaryName[] = ['etcd', 'kube-apiserver', 'kubectl'];

/** All names, for command lines. */
export const allBinaries: readonly BinaryName[] = [
  ...coreBinaries,
  'kube-controller-manager',
  'helm',
  'promtool',
  'kube-score',
  'actionlint',
];

/** One Go module of this folder, and the contents of its `cmd/`. */
export interface GoModule {
  readonly directory: string;
  readonly binaries: readonly BinaryName[];
  /** The folder of the packages to build, where it is not the module's own `cmd/`. */
  readonly packages?: string;
  readonly buildTags?: string;
}

/** What to build, from which versions. The `go.mod` files are the only source of it. */
export interface Recipe {
  /** As `v1.37.2`. */
  readonly kubernetesVersion: string;
  /** The oldest Go that builds it, as `1.26.0`. */
  readonly goVersion: string;
  readonly linkerFlags: string;
  readonly modules: readonly GoModule[];
}

/** Reads the recipe below `directory`, which contains `go/` and a folder for each further module. */
export async function readRecipe(directory: string = import.meta.dirname): Promise<Recipe> {
  const controlPlane: GoModule = {
    directory: path.join(directory, 'go'),
    binaries: [...coreBinaries, 'kube-controller-manager'],
  };
  const helm: GoModule = { directory: path.join(directory, 'go-helm'), binaries: ['helm'] };
  const promtool: GoModule = {
    directory: path.join(directory, 'go-promtool'),
    binaries: ['promtool'],
    // A main package cannot be imported, so it is built where it is.
    packages: 'github.com/prometheus/prometheus/cmd',
    // Rules need no service discovery, and it is a large part of the program.
    buildTags: 'remove_all_sd',
  };
  const kubeScore: GoModule = {
    directory: path.join(directory, 'go-kube-score'),
    binaries: ['kube-score'],
    packages: 'github.com/zegl/kube-score/cmd',
  };
  const actionlint: GoModule = {
    directory: path.join(directory, 'go-actionlint'),
    binaries: ['actionlint'],
    packages: 'github.com/rhysd/actionlint/cmd',
  };
  const controlPlaneMod = await readFile(path.join(controlPlane.directory, 'go.mod'), 'utf8');
  const helmMod = await readFile(path.join(helm.directory, 'go.mod'), 'utf8');
  const kubernetesVersion = requiredVersion(controlPlaneMod, 'k8s.io/kubernetes');
  return {
    kubernetesVersion,
    goVersion: match(controlPlaneMod, /^go (\S+)$/m, 'a go line'),
    linkerFlags: linkerFlags(kubernetesVersion, requiredVersion(helmMod, 'helm.sh/helm/v4')),
    modules: [controlPlane, helm, promtool, kubeScore, actionlint],
  };
}

/** Clients cannot parse a server without a version, and a build from Go modules sets none. */
function linkerFlags(kubernetesVersion: string, helmVersion: string): string {
  const [major = '', minor = ''] = kubernetesVersion.slice(1).split('.');
  const stamps = ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'].flatMap((name) => [
    `-X ${name}.gitVersion=${kubernetesVersion}`,
    `-X ${name}.gitMajor=${major}`,
    `-X ${name}.gitMinor=${minor}`,
  ]);
  return ['-s -w', ...stamps, `-X helm.sh/helm/v4/internal/version.version=${helmVersion}`].join(' ');
}

function requiredVersion(goMod: string, module: string): string {
  const escaped = module.replaceAll('.', String.raw`\.`);
  return match(
    goMod,
    new RegExp(String.raw`^\s*(?:require )?${escaped} (v\S+)`, 'm'),
    `a version of ${module}`,
  );
}

function match(text: string, pattern: RegExp, what: string): string {
  const found = pattern.exec(text)?.[1];
  if (found === undefined) throw new Error(`go.mod has no line with ${what}`);
  return found;
}
