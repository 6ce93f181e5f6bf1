import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { ensureBinaries } from './binaries.ts';
import { startControlPlane } from './control-plane.ts';
import type { Progress } from './progress.ts';
import { allBinaries, coreBinaries } from './recipe.ts';
import type { BinaryName } from './recipe.ts';

const usage = `Usage:
  node test/control-plane/main.ts prepare [names…]     make sure that the executables are there
                                                       (${allBinaries.join(', ')}; the first three by default)
  node test/control-plane/main.ts start [--controller-manager] [--crds <file or folder>]…
                                                       run a control plane until Ctrl-C`;

function print(progress: Progress): void {
  process.stderr.write(`${progress.message}\n`);
}

function isBinaryName(name: string): name is BinaryName {
  return allBinaries.some((known) => known === name);
}

async function prepare(names: readonly string[]): Promise<void> {
  const unknown = names.filter((name) => !isBinaryName(name));
  if (unknown.length > 0) throw new Error(`Unknown: ${unknown.join(', ')}\n${usage}`);
  const known = names.filter(isBinaryName);
  const paths = await ensureBinaries(known.length > 0 ? known : coreBinaries, { onProgress: print });
  for (const file of Object.values(paths)) process.stdout.write(`${file}\n`);
}

async function start(controllerManager: boolean, crdPaths: readonly string[]): Promise<void> {
  const controlPlane = await startControlPlane({ controllerManager, crdPaths, onProgress: print });
  process.stdout.write(`export KUBECONFIG=${controlPlane.kubeconfigPath}\n`);
  // Before this line a signal ends the process at once, and the watchdog cleans up.
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  await controlPlane.stop();
}

async function main(): Promise<void> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: {
      'controller-manager': { type: 'boolean', default: false },
      crds: { type: 'string', multiple: true, default: [] },
    },
  });
  const [command, ...names] = positionals;
  if (command === 'prepare') await prepare(names);
  else if (command === 'start') await start(values['controller-manager'], values.crds);
  else throw new Error(usage);
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
