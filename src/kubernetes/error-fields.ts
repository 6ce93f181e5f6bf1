import { apiErrorMessage } from './api-errors.ts';

/** What a log line says of an exception that nobody expected. */
export interface ErrorFields {
  error: string;
  stack: string | undefined;
}

/**
 * Message and stack, and nothing else: loggers print an error's other members too, and errors of HTTP clients carry
 * requests with their headers.
 */
export function errorFields(error: unknown): ErrorFields {
  return { error: apiErrorMessage(error), stack: error instanceof Error ? error.stack : undefined };
}
