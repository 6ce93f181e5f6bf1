import type { Command } from './command.ts';

/** Everything that `npm test` runs. */
export interface Plan {
  /** Prepares etcd and kube-apiserver while the rest runs. */
  readonly prepare: Command;
  readonly checks: readonly Command[];
  /** Need only this repository. Each uses all cores. */
  readonly fastRings: readonly Command[];
  /** Need what `prepare` prepares. Each has control planes of its own, so they run side by side. */
  readonly clusterRings: readonly Command[];
}

/** Only the scripts of package.json say how a check runs. */
function npmScript(title: string, script: string, ...args: readonly string[]): Command {
  return { title, program: 'npm', args: ['run', '--silent', script, '--', ...args] };
}

export const testPlan: Plan = {
  prepare: {
    title: 'control plane executables',
    program: process.execPath,
    args: ['test/control-plane/main.ts', 'prepare'],
  },
  // The longest comes first, so that the short ones run beside it.
  checks: [
    npmScript('eslint', 'lint'),
    npmScript('types', 'typecheck'),
    npmScript('format', 'format:check'),
    npmScript('prose', 'lint:prose'),
    npmScript('directions', 'check:directions'),
    npmScript('dead code', 'check:dead-code'),
    npmScript('generated files', 'check:generated'),
    npmScript('alert rules (where promtool is built)', 'test:alerts', '--if-built'),
  ],
  fastRings: [
    npmScript('tests of the parts', 'test:parts', '--coverage'),
    // Counting what runs would take a quarter of its time. The tests of the parts reach the thresholds by themselves.
    npmScript('simulated world', 'test:simulation'),
  ],
  clusterRings: [
    npmScript('cluster tests', 'test:cluster'),
    npmScript('fault tests', 'test:faults'),
    npmScript('installation tests', 'test:install'),
  ],
};
