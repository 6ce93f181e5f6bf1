import { Command } from 'commander';
import { OPERATOR_VERSION } from '../config/version.ts';
import { addClusterOptions } from './cluster/cluster-options.ts';
import { completionCommand } from './completion/completion-command.ts';
import { costCommand } from './cost/cost-command.ts';
import { offersCommand } from './offers/offers-command.ts';
import type { CliParts } from './parts.ts';
import { copyCommand, sshCommand } from './ssh/ssh-commands.ts';

export interface ProgramOptions {
  /** As people type it: `gpupod`, or `kubectl gpupod`. */
  readonly name: string;
  /** Receives the exit code of a command that did its work, and failed for another reason than an error. */
  readonly exitWith: (code: number) => void;
}

const DESCRIPTION =
  'Works with GpuPods, the GPU instances that gpupod-operator rents at Prime Intellect.\n\n' +
  'It reads the kubeconfig as kubectl does, needs no rights of the operator, and changes nothing. ' +
  'As kubectl-gpupod on the PATH, it is also the plug-in kubectl gpupod.';

const HELP_WIDTH = 100;

/** The whole command line. It reads and prints nothing until it parses arguments. */
export function createProgram(parts: CliParts, { name, exitWith }: ProgramOptions): Command {
  const program = new Command(name)
    .description(DESCRIPTION)
    .version(OPERATOR_VERSION, '--version', 'Show the version')
    .helpOption('-h, --help', 'Show this text')
    .helpCommand(false)
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => parts.print(text.trimEnd()),
      writeErr: (text) => parts.warn(text.trimEnd()),
      getOutHelpWidth: () => HELP_WIDTH,
      getErrHelpWidth: () => HELP_WIDTH,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .showHelpAfterError(`See ${name} --help.`)
    .exitOverride();
  addClusterOptions(program);
  const commands = [
    sshCommand(parts, exitWith),
    copyCommand(parts, exitWith),
    offersCommand(parts),
    costCommand(parts),
    completionCommand(parts),
  ];
  for (const command of commands) {
    program.addCommand(command.copyInheritedSettings(program));
  }
  return program;
}
