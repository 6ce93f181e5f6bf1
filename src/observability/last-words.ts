import { errorFields } from './error-fields.ts';

/** Errors of the engine: they name properties of the code, no data. */
const OF_THE_CODE: ReadonlySet<string> = new Set(['TypeError', 'RangeError', 'ReferenceError']);

/** What may be told of an error that nobody caught. */
export interface LastWords {
  readonly type: string;
  /** Only where it is known to hold no data: of the engine and of the operating system. */
  readonly message?: string;
  readonly code?: string;
  /** Where in the code it was, innermost first. */
  readonly at: readonly string[];
}

/**
 * An error that nobody caught, as the last line of the log. Node would print it with all that hangs on it: the requests
 * of HTTP libraries, with their headers and bodies. Nobody knows what its message was made of, so that stays away too.
 */
export function lastWords(thrown: unknown): LastWords {
  if (!(thrown instanceof Error)) return { type: typeof thrown, at: [] };
  const { type, message, code, stack = '' } = errorFields(thrown);
  const isOfTheSystem = 'syscall' in thrown && typeof thrown.syscall === 'string';
  const isOfTheCode = code === undefined && OF_THE_CODE.has(thrown.constructor.name);
  return {
    type,
    ...(isOfTheSystem || isOfTheCode ? { message } : {}),
    ...(code === undefined ? {} : { code }),
    at: framesIn(stack, thrown.message),
  };
}

/** The message comes first in a stack, and may have lines that look like frames. */
function framesIn(stack: string, message: string): readonly string[] {
  const end = stack.indexOf(message);
  return (end < 0 ? '' : stack.slice(end + message.length))
    .split('\n')
    .filter((line) => line.startsWith('    at '))
    .map((line) => line.trim());
}
