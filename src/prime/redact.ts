/** A shorter value hides nothing, and replacing each "1" would make a message unreadable. */
const MIN_LENGTH = 4;
/** So many consecutive characters of a secret count as a part of it. */
const WINDOW = 8;
const PLACEHOLDER = '[redacted]';

/** The text without the secrets in their literal form. */
export function redactWhole(text: string, secrets: readonly string[]): string {
  let result = text;
  // Longest first: a short secret may be part of a long one, whose rest would stay readable.
  for (const secret of secrets.toSorted((left, right) => right.length - left.length)) {
    if (secret.length >= MIN_LENGTH) {
      result = result.replaceAll(secret, PLACEHOLDER);
    }
  }
  return result;
}

/**
 * The text without the secrets and without parts of them: servers repeat values cut, escaped or encoded.
 * `text` must be short, a few thousand characters. The secrets may be long.
 */
export function redact(text: string, secrets: readonly string[]): string {
  const result = redactWhole(text, secrets);
  const marks = new Uint8Array(result.length);
  const windows = windowsOf(result);
  for (const secret of secrets) {
    for (const form of secret.length < WINDOW ? [] : formsOf(secret)) {
      windows.markPartsOf(form, marks);
    }
  }
  return marks.includes(1) ? withoutMarked(result, marks) : result;
}

function withoutMarked(text: string, marks: Uint8Array): string {
  let result = '';
  for (let at = 0; at < text.length; at += 1) {
    if (marks[at] === 0) {
      result += text.charAt(at);
    } else if (at === 0 || marks[at - 1] === 0) {
      result += PLACEHOLDER;
    }
  }
  return result;
}

interface Windows {
  /** Marks each character of the text that belongs to a part of this form of a secret. */
  markPartsOf(form: string, marks: Uint8Array): void;
}

function windowsOf(text: string): Windows {
  const seen = new Set<string>();
  // Most of a long secret is not in the text. This filter makes that case cheap.
  const maybe = new Uint8Array(FINGERPRINTS);
  for (let at = 0; at + WINDOW <= text.length; at += 1) {
    maybe[fingerprint(text, at)] = 1;
  }
  return {
    markPartsOf(form, marks) {
      for (let at = 0; at + WINDOW <= form.length; at += 1) {
        const window = maybe[fingerprint(form, at)] === 1 ? form.slice(at, at + WINDOW) : '';
        if (window !== '' && !seen.has(window)) {
          seen.add(window);
          markAll(text, window, marks);
        }
      }
    },
  };
}

function markAll(text: string, window: string, marks: Uint8Array): void {
  for (let at = text.indexOf(window); at >= 0; at = text.indexOf(window, at + 1)) {
    marks.fill(1, at, at + WINDOW);
  }
}

const FINGERPRINTS = 4096;

function fingerprint(text: string, at: number): number {
  const mixed = text.charCodeAt(at) ^ (text.charCodeAt(at + 3) << 3) ^ (text.charCodeAt(at + 7) << 6);
  return mixed & (FINGERPRINTS - 1);
}

/**
 * The secret as it is, in one line, as a JSON string (and as a JSON string in a JSON string), in base64, in
 * hex, and in a URL.
 */
function formsOf(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  const json = JSON.stringify(secret).slice(1, -1);
  const hex = bytes.toString('hex');
  return [
    secret,
    secret.replaceAll(/[\p{C}\s]+/gu, ' '),
    json,
    JSON.stringify(json).slice(1, -1),
    hex,
    hex.toUpperCase(),
    encodeURIComponent(secret.toWellFormed()),
    // The base64 of a text depends on how many bytes come before it.
    ...[0, 1, 2].flatMap((count) => base64Of(bytes, count)),
  ];
}

function base64Of(bytes: Buffer, behind: number): string[] {
  const shifted = Buffer.concat([Buffer.alloc(behind), bytes]);
  const start = Math.ceil((behind * 8) / 6);
  return [shifted.toString('base64').slice(start), shifted.toString('base64url').slice(start)];
}
