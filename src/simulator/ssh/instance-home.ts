import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Pod } from '../world/pod.ts';

const EXECUTABLE = 0o755;

/** What stands for the disk of one instance: a private directory of this computer. */
export interface InstanceHome {
  /** Where commands start, and the only directory that file transfers reach. */
  readonly path: string;
  /** The whole environment of a command: nothing of this process. */
  readonly env: Readonly<Record<string, string>>;
  remove(): Promise<void>;
}

export async function createInstanceHome(pod: Pod): Promise<InstanceHome> {
  const root = await mkdtemp(path.join(tmpdir(), 'gpupod-instance-'));
  const home = path.join(root, 'home');
  const bin = path.join(root, 'bin');
  await Promise.all([mkdir(home), mkdir(bin)]);
  await writeFile(path.join(bin, 'nvidia-smi'), nvidiaSmi(pod), { mode: EXECUTABLE });
  return {
    path: home,
    env: {
      PATH: `${bin}:/usr/local/bin:/usr/bin:/bin`,
      HOME: home,
      USER: 'root',
      SHELL: '/bin/sh',
      LANG: 'C.UTF-8',
    },
    async remove() {
      await rm(root, { recursive: true, force: true });
    },
  };
}

/** A `nvidia-smi` that knows the GPUs of the offer: `-L`, `--query-gpu=name`, and a plain list. */
function nvidiaSmi({ offer, id }: Pod): string {
  const numbers = Array.from({ length: offer.gpuCount }, (_, index) => String(index));
  const lines = (lineOf: (number: string) => string): string =>
    numbers.map((number) => `echo '${lineOf(number)}'`).join('\n');
  const name = `NVIDIA ${offer.gpuType.replaceAll('_', ' ')}`;
  return `#!/bin/sh
# Simulated: there is no GPU.
case "$*" in
*--query-gpu=name*)
${lines(() => name)}
;;
*)
${lines((number) => `GPU ${number}: ${name} (UUID: GPU-${id.slice(0, 8)}-${number})`)}
;;
esac
`;
}
