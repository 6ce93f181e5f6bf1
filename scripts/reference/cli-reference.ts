import type { Command } from 'commander';
import { createProgram } from '../../src/cli/program.ts';
import { systemClock } from '../../src/clock.ts';
import { code, GENERATED } from './markdown.ts';

function ignore(): void {
  // No command runs.
}

/** The program and its commands. */
export function gpupodCommands(): readonly [program: Command, ...commands: Command[]] {
  const parts = { env: {}, clock: systemClock, print: ignore, warn: ignore };
  const program = createProgram(parts, { name: 'gpupod', exitWith: ignore });
  return [program, ...program.commands];
}

/** `docs/reference/gpupod-cli.md`: the help of every command. */
export function cliReference(): string {
  const [program, ...commands] = gpupodCommands();
  const sections = commands.map((command) => `## gpupod ${command.name()}\n\n${help(command)}`);
  return `${GENERATED}# The program gpupod

For how to install and use it, see [use gpupod](../how-to/use-gpupod.md). The same texts are printed by ${code('gpupod --help')} and ${code('gpupod cost --help')}.

Exit codes: 0, the command did its work; 1, it failed, and the message says what to do; 2, the arguments cannot be understood, and nothing was requested. ${code('gpupod ssh')} and ${code('gpupod cp')} exit as ssh and scp do.

${help(program)}

${sections.join('\n\n')}
`;
}

function help(command: Command): string {
  return `\`\`\`text\n${command.helpInformation().trimEnd()}\n\`\`\``;
}
