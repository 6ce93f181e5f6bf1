/** A problem that the person at the terminal can solve. The message says what happened, and what to do. */
export class CliError extends Error {
  override name = 'CliError';
}
