import { plainText } from './plain-text.ts';

/** The longest message of a condition, whatever the kind. */
export const MAX_MESSAGE_LENGTH = 300;

/** Cuts a message to the length of a condition, and replaces invisible characters with spaces. */
export function truncateMessage(message: string, maxLength = MAX_MESSAGE_LENGTH): string {
  const clean = plainText(message).trim();
  return clean.length <= maxLength ? clean : `${clean.slice(0, maxLength - 1).toWellFormed()}…`;
}
