/**
 * Says what a text is that somebody put where an API key belongs: the end of a sentence for the first shape
 * that fits, or undefined if it may be a key. The message never repeats any part of the text.
 */
export function looksLike(text: string): string | undefined {
  return SHAPES.find(({ isIt }) => isIt(text))?.what;
}

interface Shape {
  /** The end of a sentence. */
  readonly what: string;
  readonly isIt: (text: string) => boolean;
}

const QUOTES = /^["'`]|["'`]$/;
/** A key may end in `=`, so an assignment needs a value after it. */
const ASSIGNMENT = /^(?:export\s+)?[A-Za-z_][A-Za-z0-9_.-]*\s*=\s*[^\s=]/;
const HEADER = /^(?:authorization\s*:|bearer\b)/i;
const YAML = /^[A-Za-z_][A-Za-z0-9_-]*\s*:\s+\S/;
const PLACEHOLDER = /^(?:\$\{.*\}|\$\(.*\)|\$[A-Za-z_]\w*|<.*>|\{\{.*\}\})$/s;

const SHAPES: readonly Shape[] = [
  {
    what: 'is a placeholder: put the key itself there',
    isIt: (text) => PLACEHOLDER.test(text),
  },
  {
    what: 'is JSON: put the bare key there, without braces, field names and quotes',
    isIt: (text) => /^[{[]/.test(text),
  },
  {
    what: 'is an assignment (NAME=value): put only the value there',
    isIt: (text) => ASSIGNMENT.test(text),
  },
  {
    what: 'is a header (Bearer …): put only the key there, without the words before it',
    isIt: (text) => HEADER.test(text),
  },
  { what: 'is YAML (name: value): put only the value there', isIt: (text) => YAML.test(text) },
  {
    what: 'has quotes around it: put the key there without them',
    isIt: (text) => QUOTES.test(text),
  },
  {
    what: 'is an address: put the API key there',
    isIt: (text) => /^https?:\/\//i.test(text),
  },
  {
    what: 'is the base64 of a key: put the key itself there (in a Secret: under stringData, or encoded once)',
    isIt: isEncoded,
  },
];

const BASE64 = /^[A-Za-z0-9+/_-]+={0,2}$/;
const MIN_DECODED = 8;

/**
 * Random bytes decode to eight letters, digits and marks once in 60,000 times, and to a word as long as a
 * key never. So a text that decodes to a word was encoded.
 */
function isEncoded(text: string): boolean {
  if (!BASE64.test(text)) {
    return false;
  }
  const bytes = Buffer.from(text, 'base64');
  const isExact = bytes.toString('base64').replace(/=+$/, '') === toStandard(text);
  return isExact && bytes.length >= MIN_DECODED && /^[\w.-]+=*\s*$/.test(bytes.toString('latin1'));
}

function toStandard(text: string): string {
  return text.replace(/=+$/, '').replaceAll('-', '+').replaceAll('_', '/');
}
