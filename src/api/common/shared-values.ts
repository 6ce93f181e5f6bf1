import { isRecord } from '../../json.ts';
import { RecentValues } from './recent-values.ts';

/** What recurs in thousands of objects recurs within so few. A longer text hardly recurs. */
const LIMITS = { maxTextChars: 512, maxValues: 1_000 };
/** V8 keeps equal strings of JSON below this length once. */
const MIN_STRING_CHARS = 10;

/**
 * Keeps equal parts of JSON values once: texts, and objects within objects. Thousands of objects differ in a few names,
 * IDs and times. Nobody may change a value that was shared.
 */
export class SharedValues {
  readonly #recent = new RecentValues<object | string>(LIMITS);

  /** The same value, with its parts shared. An object is a new one, whose members are shared. */
  share<T>(value: T): T {
    return this.#withSharedParts(value) as T;
  }

  #withSharedParts(value: unknown): unknown {
    return isRecord(value) ? this.#withSharedMembers(value) : this.#shared(value);
  }

  #withSharedMembers(value: Readonly<Record<string, unknown>>): object {
    // A copy of all members at once takes less memory than one that grows.
    const copy: Record<string, unknown> = { ...value };
    for (const name of Object.keys(value)) {
      copy[name] = this.#shared(value[name]);
    }
    return copy;
  }

  #shared(value: unknown): unknown {
    if (typeof value === 'string') {
      return isWorthSharing(value) ? this.#recent.use(value, () => value) : value;
    }
    if (Array.isArray(value)) {
      return value.map((entry: unknown) => this.#shared(entry));
    }
    return isRecord(value)
      ? this.#recent.use(JSON.stringify(value), () => this.#withSharedMembers(value))
      : value;
  }
}

/** A text that looks like JSON is not shared, because the JSON of an object is the key of that object. */
function isWorthSharing(text: string): boolean {
  return text.length >= MIN_STRING_CHARS && !text.startsWith('{');
}
