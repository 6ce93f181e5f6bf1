import path from 'node:path';
import { CommanderError } from 'commander';
import { plainText } from '../api/common/plain-text.ts';
import { KubeConfigError } from '../kubernetes/kubeconfig/kube-config-error.ts';
import { CliError } from './cli-error.ts';
import { COMPLETE_COMMAND, KUBECTL_COMPLETE, printSuggestions } from './completion/protocol.ts';
import type { CliParts } from './parts.ts';
import { createProgram } from './program.ts';

export interface CliCall extends CliParts {
  /** The path under which the program was started. */
  readonly calledAs: string;
  /** The arguments, without the program's own two. */
  readonly argv: readonly string[];
}

const EXIT_FAILED = 1;
/** The arguments are wrong, and nothing was requested. */
const EXIT_INVALID = 2;

/** Runs one command. Returns the exit code of the process, and never throws. */
export async function runCli(call: CliCall): Promise<number> {
  let exitCode = 0;
  const program = createProgram(call, {
    name: programName(call.calledAs),
    exitWith: (code) => {
      exitCode = code;
    },
  });
  const completed = wordsToComplete(call);
  try {
    if (completed === undefined) {
      await program.parseAsync([...call.argv], { from: 'user' });
    } else {
      await printSuggestions(call, program, completed);
    }
    return exitCode;
  } catch (error) {
    // Commander has printed it.
    if (error instanceof CommanderError) {
      return error.exitCode === 0 ? 0 : EXIT_INVALID;
    }
    call.warn(`error: ${textOf(error)}`);
    return EXIT_FAILED;
  }
}

/** The words of a command line that a shell asks about. They are not parsed as arguments of this process. */
function wordsToComplete({ calledAs, argv }: CliCall): readonly string[] | undefined {
  if (path.basename(calledAs) === KUBECTL_COMPLETE) {
    return argv;
  }
  return argv[0] === COMPLETE_COMMAND ? argv.slice(1) : undefined;
}

/** kubectl runs `kubectl gpupod` as the program `kubectl-gpupod`. */
function programName(calledAs: string): string {
  return path.basename(calledAs).startsWith('kubectl-') ? 'kubectl gpupod' : 'gpupod';
}

function textOf(error: unknown): string {
  if (error instanceof CliError || error instanceof KubeConfigError) {
    return plainLines(error.message);
  }
  const text = error instanceof Error ? error.message : String(error);
  return plainLines(`${text}\nThis may be a bug in gpupod: report it with the command that you ran.`);
}

/** A message may quote the API server or the provider. A terminal must not obey it. */
function plainLines(text: string): string {
  return text.split('\n').map(plainText).join('\n');
}
