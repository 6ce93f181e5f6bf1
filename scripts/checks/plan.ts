import type { Command } from './command.ts';

/** Everything that `npm test` runs. */
export interface Plan {
  /** Makes sure of etcd and kube-apiserver while the rest runs. */
  readonly prepare: Command;
  readonly checks: readonly Command[];
  /** Needs nothing but this repository. */
  readonly fastRing: Command;
  /** Need what `prepare` prepares; one after the other, for each of them has both cores to do. */
  readonly clusterRings: readonly Command[];
}

/** One place says how a check is run: the scripts of package.json. */
function npmScript(title: string, script: string, ...args: readonly string[]): Command {
  return { title, program: 'npm', args: ['run', '--silent', script, '--', ...args] };
}

export const testPlan: Plan = {
  prepare: {
    title: 'control plane executables',
    program: process.execPath,
    args: ['test/control-plane/main.ts', 'prepare'],
  },
  // The longest first, so that the short ones fill the gap beside them.
  checks: [
    npmScript('eslint', 'lint'),
    npmScript('types', 'typecheck'),
    npmScript('format', 'format:check'),
    npmScript('prose', 'lint:prose'),
    npmScript('directions', 'check:directions'),
    npmScript('dead code', 'check:dead-code'),
    npmScript('generated files', 'check:generated'),
  ],
  fastRing: npmScript('fast tests', 'test:fast', '--coverage'),
  clusterRings: [npmScript('cluster tests', 'test:cluster'), npmScript('fault tests', 'test:faults')],
};
