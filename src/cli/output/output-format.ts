import { Option } from 'commander';
import { stringify } from 'yaml';

/** Undefined: a table for people. */
export type OutputFormat = (typeof FORMATS)[number] | undefined;

const FORMATS = ['wide', 'json', 'yaml'] as const;

export function outputOption(): Option {
  return new Option('-o, --output <format>', 'Format of the output. Default: a table').choices(FORMATS);
}

/** What a command has to say: the same facts for people and for programs. */
export interface Output {
  readonly text: (isWide: boolean) => string;
  readonly data: unknown;
}

export function formatOutput({ text, data }: Output, format: OutputFormat): string {
  switch (format) {
    case 'json':
      return JSON.stringify(data, null, 2);
    case 'yaml':
      return stringify(data, { aliasDuplicateObjects: false }).trimEnd();
    case 'wide':
    case undefined:
      return text(format === 'wide');
  }
}
