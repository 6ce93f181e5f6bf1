/** Containers that stand in each other; the API's answers have 5. */
const MAX_DEPTH = 32;
/** Values of all containers together; 500 offers, the largest page there is, have about 30,000. */
const MAX_VALUES = 120_000;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * `JSON.parse` that answers undefined where there is no JSON, and where there is more than the API can mean: a text of
 * 4 MiB that is all brackets would hold up the whole process for seconds.
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

/** Counts by the characters alone, and stops at the first that is too much. */
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

/** Where the string that begins at `start` ends: its closing quote, or the end of the text. */
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
