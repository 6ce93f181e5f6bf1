import type { Command } from 'commander';
import { optionsOf, positionOf } from './position.ts';
import type { Position } from './position.ts';

/** A word that would fit, and what it means. */
export interface Suggestion {
  readonly word: string;
  readonly description?: string;
}

export interface Suggestions {
  readonly words: readonly Suggestion[];
  /** Names of files fit as well. */
  readonly files: boolean;
}

/** Reads the names of things in the cluster. A name of an argument or value says which: `gpupod`, `namespace`. */
export type NameLookup = (kind: string) => Promise<readonly string[] | undefined>;

/** Placeholders of arguments and values that are files on this computer. */
const FILES: ReadonlySet<string> = new Set(['file', 'source', 'destination']);

/** What may come next on a command line whose last word is being written. */
export async function suggestionsFor(
  program: Command,
  words: readonly string[],
  namesOf: NameLookup,
): Promise<Suggestions> {
  const position = positionOf(program, words);
  const { words: all, files } = await candidates(position, namesOf);
  const written = position.kind === 'foreign' ? '' : position.written;
  const prefix = position.kind === 'value' ? position.prefix : '';
  return {
    words: all
      .filter(({ word }) => word.startsWith(written))
      .map((suggestion) => ({ ...suggestion, word: prefix + suggestion.word })),
    files,
  };
}

async function candidates(position: Position, namesOf: NameLookup): Promise<Suggestions> {
  switch (position.kind) {
    case 'foreign':
      return { words: [], files: true };
    case 'flag':
      return { words: flagsOf(position.command), files: false };
    case 'value':
      return await named(placeholderOf(position.of.flags), position.of.argChoices, namesOf);
    case 'operand': {
      const { command, argument } = position;
      return argument === undefined
        ? { words: subcommandsOf(command), files: false }
        : await named(argument.name(), argument.argChoices, namesOf);
    }
  }
}

async function named(
  placeholder: string,
  choices: readonly string[] | undefined,
  namesOf: NameLookup,
): Promise<Suggestions> {
  const names = choices ?? (await namesOf(placeholder)) ?? [];
  return { words: names.map((word) => ({ word })), files: FILES.has(placeholder) };
}

function subcommandsOf(command: Command): readonly Suggestion[] {
  return command.commands.map((one) => ({ word: one.name(), description: one.summary() }));
}

function flagsOf(command: Command): readonly Suggestion[] {
  return optionsOf(command)
    .filter(({ hidden, long }) => !hidden && long !== undefined)
    .map(({ long, description }) => ({ word: long ?? '', description }));
}

/** `file` of `-f, --filename <file>`. */
function placeholderOf(flags: string): string {
  return /[<[](?<name>[^>\]]*)[>\]]/.exec(flags)?.groups?.['name'] ?? '';
}
