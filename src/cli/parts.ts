import type { Clock } from '../clock.ts';

/** What the commands take from their process. */
export interface CliParts {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  /** Writes lines to standard output: what was asked for, and nothing else. */
  readonly print: (text: string) => void;
  /** Writes lines to standard error. */
  readonly warn: (text: string) => void;
}
