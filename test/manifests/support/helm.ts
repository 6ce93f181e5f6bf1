import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { ensureBinaries } from '../../control-plane/binaries.ts';
import type { ControlPlane } from '../../control-plane/control-plane.ts';

export const chart = path.resolve(import.meta.dirname, '../../../charts/gpupod-operator');

/** The image that everybody must set, because the chart has no default. */
export const SOME_IMAGE = ['--set', 'image.repository=registry.example.com/gpupod-operator'] as const;

/** What the chart renders with these values and SOME_IMAGE, without a cluster. */
export async function template(sets: readonly string[], namespace = 'gpupod-system'): Promise<string> {
  const args = sets.flatMap((set) => ['--set', set]);
  return await templateWith([...SOME_IMAGE, ...args], namespace);
}

/** What the chart renders with these arguments. */
export async function templateWith(
  args: readonly string[],
  namespace = 'gpupod-system',
  release = 'gpupod-operator',
): Promise<string> {
  return await templateOf(chart, ['-n', namespace, ...args], release);
}

/** What any chart renders. */
export async function templateOf(
  folder: string,
  args: readonly string[],
  release = 'gpupod-operator',
): Promise<string> {
  const { helm: executable } = await ensureBinaries(['helm']);
  const { stdout } = await promisify(execFile)(executable, ['template', release, folder, ...args], {
    env: { HOME: tmpdir() },
    maxBuffer: 10_000_000,
  });
  return stdout;
}

/** Output of a helm command against this control plane. The command must succeed. */
export async function helm(controlPlane: ControlPlane, ...args: readonly string[]): Promise<string> {
  const home = path.join(controlPlane.directory, 'helm');
  const { helm: executable } = await ensureBinaries(['helm']);
  const { stdout } = await promisify(execFile)(executable, [...args], {
    env: {
      // helm caches what it learns about the API here.
      HOME: home,
      KUBECONFIG: controlPlane.kubeconfigPath,
      HELM_CACHE_HOME: home,
      HELM_CONFIG_HOME: home,
      HELM_DATA_HOME: home,
    },
  });
  return stdout;
}

/** Output of a kubectl command. The command must succeed. */
export async function kubectl(controlPlane: ControlPlane, ...args: readonly string[]): Promise<string> {
  const { stdout, stderr, code } = await controlPlane.kubectl(args);
  if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr}`);
  return stdout;
}
