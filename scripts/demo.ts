import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { showInstance } from './demo/instance.ts';
import { runOnInstance } from './demo/login.ts';
import { DemoProcesses } from './demo/stage.ts';
import type { Stage } from './demo/stage.ts';
import { deleteOne, readExample, rentOne, settleUp, showEvents } from './demo/story.ts';
import type { Example } from './demo/story.ts';
import { createTerminal } from './demo/terminal.ts';

const usage = `Usage: npm run demo [-- --keep]

Starts a real Kubernetes API, a simulated provider and the operator on this computer, rents a GPU with
examples/gpupod.yaml, runs a command there over SSH, and terminates the instance. Exits with 0 only if the provider's ledger confirms all of it.

  --keep   leave everything running once the instance is ready, until Ctrl-C
`;

/** `kept`: the instance is ready, and everything stays up until a signal. */
type Outcome = 'succeeded' | 'failed' | 'kept' | 'interrupted';

const terminal = createTerminal(process.stdout);
const processes = new DemoProcesses();

async function main(): Promise<Outcome> {
  const { values } = parseArgs({
    options: { keep: { type: 'boolean', default: false }, help: { type: 'boolean', short: 'h' } },
  });
  if (values.help === true) {
    process.stdout.write(usage);
    return 'succeeded';
  }
  // The first signal removes the listeners, so a second one ends the process at once. Watchdogs then clean up.
  const signalled = Promise.race(
    ['SIGINT', 'SIGTERM', 'SIGHUP'].map(async (signal) => {
      await once(process, signal);
      return 'interrupted' as const;
    }),
  );
  const outcome = await Promise.race([runDemo(values.keep), signalled]);
  if (outcome === 'kept') await signalled;
  if (outcome === 'interrupted' || outcome === 'kept') terminal.line('\nEnding what was started.');
  await processes.stop({ keepLogs: outcome === 'failed' });
  if (outcome === 'failed' && processes.logDirectory !== undefined) {
    terminal.line(`The logs of all processes are in ${processes.logDirectory}`);
  }
  return outcome;
}

/** Runs the whole demo, and reports every error as a failure. */
async function runDemo(keep: boolean): Promise<Outcome> {
  try {
    const example = await readExample(async (file) => await readFile(file, 'utf8'));
    terminal.heading('Starting');
    const stage = await processes.start(terminal);
    const gpuPod = await rentOne(stage, example, terminal);
    showInstance(gpuPod, terminal);
    await showEvents(stage, example, 'Ready', terminal);
    await runOnInstance(stage, example, terminal);
    if (keep) {
      showWayIn(stage, example);
      return 'kept';
    }
    await deleteOne(stage, example, terminal);
    const succeeded = settleUp(stage, example, terminal);
    terminal.line(
      succeeded ? '\nThe ledger confirms all of it.' : '\nThe ledger does not confirm all of it: see above.',
    );
    return succeeded ? 'succeeded' : 'failed';
  } catch (error) {
    terminal.line(`\nFailed: ${error instanceof Error ? error.message : String(error)}`);
    return 'failed';
  }
}

function showWayIn({ controlPlane, simulator, key }: Stage, { name }: Example): void {
  terminal.heading('Everything stays up until Ctrl-C. In another terminal');
  terminal.line(`export KUBECONFIG=${controlPlane.kubeconfigPath}`);
  terminal.dim('# a kubectl that fits, if there is none:');
  terminal.line(`export PATH=${path.dirname(controlPlane.kubectlPath)}:$PATH`);
  terminal.line();
  terminal.line('kubectl get gpupods -o wide');
  terminal.line(`kubectl describe gpupod ${name}`);
  if (key !== undefined) {
    terminal.line(`npm run --silent gpupod -- ssh ${name} -i ${key.file}`);
  }
  terminal.line(`kubectl delete gpupod ${name}`);
  terminal.line();
  terminal.dim(
    `# what the provider sees: curl -s -H 'Authorization: Bearer ${simulator.apiKey}' ${simulator.url}/api/v1/pods/`,
  );
}

const outcome = await main();
// After an interruption the demo may still wait for something that will not happen.
process.exit(outcome === 'failed' || outcome === 'interrupted' ? 1 : 0);
