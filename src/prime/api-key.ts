import { closeSync, constants, openSync, readSync } from 'node:fs';
import { createHmac } from 'node:crypto';
import { inspect } from 'node:util';
import type { Clock } from '../clock.ts';
import { errorCode } from './error-text.ts';
import { looksLike } from './key-shape.ts';

/** A key has a few dozen characters. A larger file holds something else. */
const MAX_KEY_BYTES = 4096;
/** A header value cannot carry control characters or blanks. */
const KEY_PATTERN = /^[\u0021-\u007e]+$/;
const REREAD_INTERVAL_MS = 1000;
const WRITE_IT =
  'Write the key into that file, or into the Secret behind it; the operator picks it up within seconds. Until then it rents and terminates nothing, and running instances keep billing.';
/** 22 base64url characters hold 132 bits. */
const FINGERPRINT_LENGTH = 22;

/** A text that logs, JSON, templates and `util.inspect` do not show. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** Returns the text itself. Only the code that builds a request may call this. */
  reveal(): string {
    return this.#value;
  }

  /** A keyed hash. It tells two keys apart in a record that people can read, and does not reveal either. */
  fingerprint(hmacKey: string): string {
    return createHmac('sha256', hmacKey).update(this.#value).digest('base64url').slice(0, FINGERPRINT_LENGTH);
  }

  toString(): string {
    return '[secret]';
  }

  toJSON(): string {
    return '[secret]';
  }

  [inspect.custom](): string {
    return '[secret]';
  }
}

/** `version` increases whenever the key changes, or the reason why there is none. */
export type ApiKeyState =
  | { readonly kind: 'key'; readonly key: Secret; readonly version: number }
  | { readonly kind: 'missing'; readonly message: string; readonly version: number };

export interface ApiKeySource {
  current(): ApiKeyState;
}

/**
 * A key that does not change, such as one from an environment variable.
 *
 * @param advice what to do about a key that cannot be used
 */
export function literalApiKey(text: string, advice = 'Set it and restart the operator.'): ApiKeySource {
  const found = checkKey(text, 'The API key in PRIME_API_KEY');
  const state = toState(found.problem === undefined ? found : { problem: `${found.problem} ${advice}` }, 1);
  return { current: () => state };
}

/**
 * A key in a file. The source reads the file at most once a second. It does not watch the file, because a Secret
 * volume swaps symbolic links and such a watch loses events.
 *
 * @param advice what to do about a key that cannot be used
 */
export function fileApiKey(path: string, clock: Clock, advice = WRITE_IT): ApiKeySource {
  let found = readKeyFile(path, advice);
  let state = toState(found, 1);
  let readAtMs = clock.monotonicMs();

  function current(): ApiKeyState {
    if (clock.monotonicMs() - readAtMs < REREAD_INTERVAL_MS) {
      return state;
    }
    readAtMs = clock.monotonicMs();
    const next = readKeyFile(path, advice);
    if (next.text !== found.text || next.problem !== found.problem) {
      found = next;
      state = toState(found, state.version + 1);
    }
    return state;
  }

  return { current };
}

/** A key that its owner replaces, such as one from the Secret of an account. */
export interface HeldApiKey extends ApiKeySource {
  /**
   * Uses another text from now on. `subject` begins the sentence about one that is not a key.
   *
   * @returns true if the key, or what is wrong with it, is another one than before
   */
  use(text: string, subject: string): boolean;
  /** There is no text. Returns true if that, or the reason, is new. */
  lose(message: string): boolean;
}

export function heldApiKey(message: string): HeldApiKey {
  let found: FoundKey = { problem: message };
  let state = toState(found, 1);
  function take(next: FoundKey): boolean {
    const isNew = next.text !== found.text || next.problem !== found.problem;
    if (isNew) {
      found = next;
      state = toState(found, state.version + 1);
    }
    return isNew;
  }
  return {
    current: () => state,
    use: (text, subject) => take(checkLength(text, subject) ?? checkKey(text, subject)),
    lose: (problem) => take({ problem }),
  };
}

/** Exactly one of the two fields is set. */
interface FoundKey {
  readonly text?: string;
  readonly problem?: string;
}

function toState(found: FoundKey, version: number): ApiKeyState {
  return found.text === undefined
    ? { kind: 'missing', message: found.problem ?? 'There is no API key.', version }
    : { kind: 'key', key: new Secret(found.text), version };
}

function checkKey(text: string, subject: string): FoundKey {
  const trimmed = text.trim();
  if (trimmed === '') {
    return { problem: `${subject} is empty.` };
  }
  const shape = looksLike(trimmed);
  if (shape !== undefined) {
    return { problem: `${subject} ${shape}. It is not used.` };
  }
  if (!KEY_PATTERN.test(trimmed)) {
    return { problem: `${subject} contains more than one printable word, so it is not used.` };
  }
  return { text: trimmed };
}

function checkLength(text: string, subject: string): FoundKey | undefined {
  return Buffer.byteLength(text) <= MAX_KEY_BYTES
    ? undefined
    : { problem: `${subject} is longer than ${String(MAX_KEY_BYTES)} bytes, so it is not used.` };
}

function readKeyFile(path: string, advice: string): FoundKey {
  const found = checkKeyFile(path);
  return found.problem === undefined ? found : { problem: `${found.problem} ${advice}`.trim() };
}

function checkKeyFile(path: string): FoundKey {
  const subject = `The API key file ${path}`;
  const buffer = Buffer.alloc(MAX_KEY_BYTES + 1);
  let length: number;
  try {
    length = readAtMost(path, buffer);
  } catch (error) {
    const code = errorCode(error);
    return { problem: `${subject} ${code === 'ENOENT' ? 'does not exist' : `cannot be read (${code})`}.` };
  }
  if (length > MAX_KEY_BYTES) {
    return { problem: `${subject} is longer than ${String(MAX_KEY_BYTES)} bytes, so it is not used.` };
  }
  return checkKey(buffer.toString('utf8', 0, length), subject);
}

function readAtMost(path: string, buffer: Buffer): number {
  // Without O_NONBLOCK, opening a named pipe blocks the whole process.
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    return readSync(file, buffer, 0, buffer.length, 0);
  } finally {
    closeSync(file);
  }
}
