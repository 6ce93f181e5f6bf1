import { errorFields } from './error-fields.ts';

/** Errors of the engine. Their messages name properties of the code and hold no data. */
const OF_THE_CODE: ReadonlySet<string> = new Set(['TypeError', 'RangeError', 'ReferenceError']);

/** What may be logged about an uncaught error. */
export interface LastWords {
  readonly type: string;
  /**
   * Only for errors whose message is known to hold no data: those of the engine and of the operating system.
   */
  readonly message?: string;
  readonly code?: string;
  /** The stack frames, innermost first. */
  readonly at: readonly string[];
}

/**
 * An uncaught error, as the last line of the log. Node would print the error with everything attached to it,
 * such as the requests of HTTP libraries with their headers and bodies. The message may hold data too, so it
 * is left out.
 */
export function lastWords(thrown: unknown): LastWords {
  if (!(thrown instanceof Error)) {
    return { type: typeof thrown, at: [] };
  }
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
