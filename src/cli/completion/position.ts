import type { Argument, Command, Option } from 'commander';

/** What the last word of a command line is about to become. */
export type Position =
  | { readonly kind: 'value'; readonly of: Option; readonly written: string; readonly prefix: string }
  | { readonly kind: 'flag'; readonly command: Command; readonly written: string }
  | {
      readonly kind: 'operand';
      readonly command: Command;
      readonly argument: Argument | undefined;
      readonly written: string;
    }
  /** A word of a remote command, of which this program knows nothing. */
  | { readonly kind: 'foreign' };

/** Where a line has come to after some of its words. */
interface Progress {
  readonly command: Command;
  readonly operands: number;
  /** The option whose value comes next. */
  readonly pending: Option | undefined;
  readonly isForeign: boolean;
}

/** Finds the position of the last word. It may be empty, and all words before it are complete. */
export function positionOf(program: Command, words: readonly string[]): Position {
  const start: Progress = { command: program, operands: 0, pending: undefined, isForeign: false };
  const { command, operands, pending, isForeign } = words.slice(0, -1).reduce(advance, start);
  const written = words.at(-1) ?? '';
  if (isForeign) {
    return { kind: 'foreign' };
  }
  return pending === undefined
    ? atWord(command, operands, written)
    : { kind: 'value', of: pending, written, prefix: '' };
}

function advance(progress: Progress, word: string): Progress {
  const { command, operands, pending, isForeign } = progress;
  if (isForeign || pending !== undefined) {
    return { ...progress, pending: undefined };
  }
  if (word.startsWith('-')) {
    const isEnd = word === '--';
    return { ...progress, isForeign: isEnd, pending: takesValue(optionOf(command, word)) };
  }
  const subcommand = operands === 0 ? command.commands.find((one) => one.name() === word) : undefined;
  return subcommand === undefined
    ? { ...progress, operands: operands + 1 }
    : { ...progress, command: subcommand };
}

function atWord(command: Command, operands: number, written: string): Position {
  const at = written.indexOf('=');
  const option = at > 0 ? takesValue(optionOf(command, written.slice(0, at))) : undefined;
  if (option !== undefined) {
    return { kind: 'value', of: option, written: written.slice(at + 1), prefix: written.slice(0, at + 1) };
  }
  return written.startsWith('-')
    ? { kind: 'flag', command, written }
    : { kind: 'operand', command, argument: command.registeredArguments[operands], written };
}

/** The options of the command and of the commands around it. */
export function optionsOf(command: Command): readonly Option[] {
  const outer = command.parent === null ? [] : optionsOf(command.parent);
  return [...command.options, ...outer];
}

function optionOf(command: Command, flag: string): Option | undefined {
  return optionsOf(command).find(({ short, long }) => flag === short || flag === long);
}

function takesValue(option: Option | undefined): Option | undefined {
  return option?.required === true ? option : undefined;
}
