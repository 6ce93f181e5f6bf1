/** The limit for nested containers. The API's answers have 5 levels. */
const MAX_DEPTH = 32;
/**
 * The limit for the values of all containers together. A page of 500 offers, the largest, has about 30,000.
 */
const MAX_VALUES = 120_000;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * `JSON.parse` that returns undefined for text that is not JSON, or that exceeds what the API can mean. A
 * text of 4 MiB of brackets would block the process for seconds.
 */
export function parseJson(text: string): unknown {
  if (!isSmall(text)) {
    return undefined;
  }
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    return undefined;
  }
}

/** Counts by the characters alone, and stops at the first that exceeds a limit. */
function isSmall(text: string): boolean {
  let depth = 0;
  let values = 0;
  for (let at = 0; at < text.length; at += 1) {
    switch (text.charCodeAt(at)) {
      case QUOTE:
        at = endOfString(text, at);
        break;
      case 0x5b: // [
      case 0x7b: // {
        depth += 1;
        values += 1;
        break;
      case 0x5d: // ]
      case 0x7d: // }
        depth -= 1;
        break;
      case 0x2c: // ,
        values += 1;
        break;
      default:
    }
    if (depth > MAX_DEPTH || values > MAX_VALUES) {
      return false;
    }
  }
  return true;
}

/** The position of the closing quote of the string that begins at `start`, or the end of the text. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      return at;
    }
    if (code === BACKSLASH) {
      at += 1;
    }
  }
  return text.length;
}
