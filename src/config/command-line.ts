import { Command, CommanderError, Option } from 'commander';
import type { DescribedSetting } from './described-settings.ts';

const HELP_WIDTH = 110;

/** What the help says about a program, apart from its settings. */
export interface Program {
  readonly name: string;
  readonly description: string;
}

/** The arguments before their values are checked. */
export type CommandLine =
  | { readonly kind: 'help' }
  | { readonly kind: 'version' }
  | {
      readonly kind: 'arguments';
      /** Texts by flag, or undefined for a flag without a value. */
      readonly texts: ReadonlyMap<string, string | undefined>;
      readonly problems: readonly string[];
    };

/** Parses arguments, without the program's own two. Never exits and never prints. */
export function readCommandLine(settings: readonly DescribedSetting[], argv: readonly string[]): CommandLine {
  const command = toCommand(settings, NAMELESS);
  const { operands, unknown } = command.parseOptions([...argv]);
  if (command.getOptionValue('help') === true) {
    return { kind: 'help' };
  }
  if (command.getOptionValue('version') === true) {
    return { kind: 'version' };
  }
  // The text after an unknown flag may be its value. The message repeats no such text, because it may be a
  // key.
  const flags = unknown.filter((text) => text.startsWith('-')).map((text) => text.replace(/=.*$/s, ''));
  const duplicates = operands.length === 0 ? [] : [`There are arguments without a flag: ${operands.length}.`];
  return {
    kind: 'arguments',
    texts: givenTexts(command, settings),
    problems: [...flags.map((flag) => explainUnknown(settings, flag)), ...duplicates],
  };
}

export function helpText(settings: readonly DescribedSetting[], program: Program): string {
  return toCommand(settings, program).helpInformation();
}

/** Only the help shows name and description. */
const NAMELESS: Program = { name: '', description: '' };

function toCommand(settings: readonly DescribedSetting[], { name, description }: Program): Command {
  const command = new Command(name)
    .description(description)
    .configureOutput({ getOutHelpWidth: () => HELP_WIDTH, getOutHasColors: () => false })
    .configureHelp({
      optionTerm: ({ flags }) => flags.replace('[', '<').replace(']', '>'),
      optionDescription: ({ description }) => description,
    })
    .exitOverride()
    .helpOption(false)
    .option('-h, --help', 'Show this text')
    .option('--version', 'Show the version');
  for (const setting of settings) {
    for (const option of toOptions(setting)) {
      command.addOption(option);
    }
  }
  return command;
}

/**
 * Values are optional for commander. A flag without one is then an ordinary problem, and does not take the
 * next flag as its value.
 */
function toOptions(setting: DescribedSetting): readonly Option[] {
  const { flag, placeholder, title, isSwitch, isList } = setting;
  const option = new Option(`${flag} [${placeholder}]`, describe(setting)).helpGroup(`${title}:`);
  if (isList) {
    option.argParser(joinLists);
  }
  return isSwitch ? [option, new Option(flag.replace('--', '--no-')).hideHelp()] : [option];
}

/** Of a flag that is given twice, commander would keep the last value and drop the first without a word. */
function joinLists(value: string, previous: unknown): string {
  return typeof previous === 'string' ? `${previous},${value}` : value;
}

function describe({ description, defaultText = '', env }: DescribedSetting): string {
  const origin = `env ${env.join(' or ')}`;
  return `${description} (${defaultText === '' ? origin : `default ${defaultText}, ${origin}`})`;
}

function givenTexts(
  command: Command,
  settings: readonly DescribedSetting[],
): ReadonlyMap<string, string | undefined> {
  const texts = new Map<string, string | undefined>();
  for (const { flag, isSwitch } of settings) {
    const value: unknown = command.getOptionValue(new Option(flag).attributeName());
    if (typeof value === 'string') {
      texts.set(flag, value);
    } else if (typeof value === 'boolean') {
      texts.set(flag, isSwitch ? String(value) : undefined);
    }
  }
  return texts;
}

/** Commander suggests the flag that was probably meant. */
function explainUnknown(settings: readonly DescribedSetting[], flag: string): string {
  if (flag === '--prime-api-key') {
    return 'The API key is not taken as an argument, which others can see: set PRIME_API_KEY or --prime-api-key-file.';
  }
  const command = toCommand(settings, NAMELESS).configureOutput({ writeErr: () => undefined });
  try {
    command.parse([flag], { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) {
      return error.message.replace(/^error: /, '').replace('\n', ' ');
    }
    throw error;
  }
  return `unknown option '${flag}'`;
}
