import { Children } from './checks/children.ts';
import { failuresOf } from './checks/outcome.ts';
import { testPlan } from './checks/plan.ts';
import { runPlan } from './checks/run-plan.ts';

/** The test command. Its last line is `N passed, N failed`, over checks and tests. */
const children = new Children();
const root = new URL('..', import.meta.url);
process.chdir(root.pathname);

async function interrupted(signal: NodeJS.Signals): Promise<void> {
  console.log(`\n${signal}: ending what was started`);
  await children.stop();
  process.exit(1);
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => void interrupted(signal));
}

try {
  const outcomes = await runPlan(testPlan, { children, write: console.log });
  process.exitCode = failuresOf(outcomes) === 0 ? 0 : 1;
} catch (error) {
  // Ending the children ends the plan as well; the exit code comes from there.
  if (!children.isStopping) throw error;
}
