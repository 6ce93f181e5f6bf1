import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Stage } from './stage.ts';
import type { Example } from './story.ts';
import type { Terminal } from './terminal.ts';

const program = path.resolve(import.meta.dirname, '../../src/cli/main.ts');

/**
 * Runs a command on the instance over SSH, and shows its output. The connection Secret has the host key, and no other
 * one is accepted.
 *
 * @throws Error if ssh fails
 */
export async function runOnInstance(stage: Stage, { name }: Example, terminal: Terminal): Promise<void> {
  const { controlPlane, key } = stage;
  terminal.heading('They use it');
  if (key === undefined) {
    terminal.line('This computer has no ssh and ssh-keygen, so nobody logs in.');
    return;
  }
  terminal.line(`$ gpupod ssh ${name} -- nvidia-smi -L`);
  const args = [program, 'ssh', name, '-i', key.file, '--', 'nvidia-smi', '-L'];
  const env = {
    PATH: process.env['PATH'],
    HOME: path.dirname(key.file),
    KUBECONFIG: controlPlane.kubeconfigPath,
  };
  const { stdout } = await promisify(execFile)(process.execPath, args, { env });
  terminal.line(stdout.trimEnd());
}
