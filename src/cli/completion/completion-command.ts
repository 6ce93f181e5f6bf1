import { Argument, Command } from 'commander';
import type { CliParts } from '../parts.ts';
import { SHELL_SCRIPTS, SHELLS } from './shell-scripts.ts';
import type { Shell } from './shell-scripts.ts';

const DESCRIPTION =
  'Prints the script that completes commands, options and names of GpuPods in a shell.\n\n' +
  'bash: source <(gpupod completion bash)\n' +
  'zsh:  source <(gpupod completion zsh)\n' +
  'fish: gpupod completion fish | source';

/** `gpupod completion`. */
export function completionCommand(parts: CliParts): Command {
  return new Command('completion')
    .summary('Print the completion script for a shell')
    .description(DESCRIPTION)
    .addArgument(new Argument('<shell>', 'The shell').choices(SHELLS))
    .action((shell: Shell) => parts.print(SHELL_SCRIPTS[shell]));
}
