import { apiErrorMessage, isForbidden, isNotFound } from '../client/api-errors.ts';
import type { Log } from '../log.ts';

const NOT_SERVED =
  ': the API server does not know this kind of object; is its CustomResourceDefinition installed?';
const NOT_ALLOWED = ': objects there are not seen; does the namespace exist, and may this account list them?';

/** Logs why lists and watches of one resource fail, and keeps the last reason for the readiness check. */
export class ListFailures {
  readonly #log: Log;
  readonly #path: string;
  #problem: string | undefined;
  #isAbsent = false;

  constructor(log: Log, path: string) {
    this.#log = log;
    this.#path = path;
  }

  /** Why the last list or watch failed; undefined after one that succeeded. */
  get problem(): string | undefined {
    return this.#problem;
  }

  onListFailure(error: unknown): void {
    const problem = apiErrorMessage(error);
    const fields = { path: this.#path, error: problem };
    // A refusal lasts until somebody changes something, so its repetitions are not news.
    if (isForbidden(error) && problem === this.#problem) {
      this.#log.debug(fields, 'list failed');
    } else {
      this.#log.warn(fields, `list failed${hintFor(error)}`);
    }
    this.#problem = problem;
  }

  /** An optional kind has no objects, because the API server does not serve it. */
  onAbsent(error: unknown): void {
    const fields = { path: this.#path, error: apiErrorMessage(error) };
    if (!this.#isAbsent) {
      this.#log.info(fields, 'kind is not served');
    }
    this.#isAbsent = true;
    this.#problem = undefined;
  }

  onWatchFailure(problem: string): void {
    const fields = { path: this.#path, error: problem };
    if (problem === this.#problem) {
      this.#log.debug(fields, 'watch failed, resuming it');
    } else {
      this.#log.info(fields, 'watch failed, resuming it');
    }
    this.#problem = problem;
  }

  /** The API server has lost what it showed before, as after a restore of etcd. */
  onRewound(version: string): void {
    this.#log.warn({ path: this.#path, version }, 'listed an older version than before, taking its objects');
  }

  onWatchOpened(): void {
    this.#problem = undefined;
  }

  onListed(objects: number): void {
    const fields = { path: this.#path, objects };
    this.#isAbsent = false;
    if (this.#problem === undefined) {
      this.#log.debug(fields, 'listed');
    } else {
      this.#log.info(fields, 'listed again');
    }
    this.#problem = undefined;
  }
}

function hintFor(error: unknown): string {
  if (isNotFound(error)) return NOT_SERVED;
  return isForbidden(error) ? NOT_ALLOWED : '';
}
