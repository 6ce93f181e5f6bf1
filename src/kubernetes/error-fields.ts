import { apiErrorMessage } from './client/api-errors.ts';

/** The fields of an unexpected exception in a log line. */
export interface ErrorFields {
  error: string;
  stack: string | undefined;
}

/**
 * Returns message and stack only. Loggers print other members of an error too, and errors of HTTP clients carry
 * requests with their headers.
 */
export function errorFields(error: unknown): ErrorFields {
  return { error: apiErrorMessage(error), stack: error instanceof Error ? error.stack : undefined };
}
