import type { Clock } from '../../clock.ts';
import type { Log } from '../../kubernetes/log.ts';
import type { Account, Answer, Failure, Provider } from '../../lifecycle/provider.ts';

export interface AccountQuestionOptions {
  readonly provider: Pick<Provider, 'whoami' | 'listHistory' | 'listPods'>;
  readonly clock: Pick<Clock, 'sleep'>;
  readonly log: Pick<Log, 'warn'>;
}

/** HTTP statuses after which the operator soon asks the same question again. */
const PASSING_STATUSES: ReadonlySet<number> = new Set([408, 425, 429]);
const NOT_IMPLEMENTED = 501;
/** How long other work waits for the answer. A slower answer arrives in the background. */
const WAIT_MS = 3_000;
const NOT_YET: Failure = {
  kind: 'failure',
  reason: 'ApiUnavailable',
  message: 'The provider has not yet said whose API key this is.',
};

/** The result: a user ID, a usable key without a known user, or a usable key whose user is not answered yet. */
export type Asked =
  | { readonly kind: 'said'; readonly userId: string | undefined }
  | { readonly kind: 'pending'; readonly failure: Failure }
  | Failure;

/**
 * Asks the provider whose API key this is. If the provider does not say, checks whether the key works nevertheless.
 */
export class AccountQuestion {
  readonly #options: AccountQuestionOptions;
  #asking: { readonly version: number; readonly answer: Promise<Answer<Account>> } | undefined;
  #isSilenceTold = false;

  constructor(options: AccountQuestionOptions) {
    this.#options = options;
  }

  /** @param isKnownGood the key worked before, so nothing else needs to be asked */
  async ask(version: number, isKnownGood: boolean): Promise<Asked> {
    const answer = await this.#whoami(version);
    if (answer.kind === 'ok') {
      this.#isSilenceTold = false;
      return { kind: 'said', userId: answer.value.userId };
    }
    if (isKnownGood) {
      return { kind: 'said', userId: undefined };
    }
    return isLasting(answer) ? await this.#afterRefusal(answer) : await this.#afterSilence(answer);
  }

  /** Asks one question at a time. The next check picks up an answer that takes long. */
  async #whoami(version: number): Promise<Answer<Account>> {
    const { provider, clock } = this.#options;
    if (this.#asking?.version !== version) {
      this.#asking = { version, answer: provider.whoami() };
    }
    const timer = new AbortController();
    const late = clock.sleep(WAIT_MS, timer.signal).then(
      () => NOT_YET,
      () => NOT_YET,
    );
    const first = await Promise.race([this.#asking.answer, late]);
    timer.abort();
    if (first !== NOT_YET) {
      this.#asking = undefined;
    }
    return first;
  }

  async #afterRefusal(refusal: Failure): Promise<Asked> {
    const problem = await this.#readOtherwise();
    if (problem !== undefined) {
      return refusal.reason === 'Unauthorized' ? refusal : problem;
    }
    this.#options.log.warn(
      { problem: refusal.message },
      'failed to read the account of the API key; give the key the permission to read its user (user:read), or the first own instance tells the account',
    );
    return { kind: 'said', userId: undefined };
  }

  /** After a read of the user that hangs or fails. Another read shows whether the rest of the API fails as well. */
  async #afterSilence(failure: Failure): Promise<Asked> {
    const { log } = this.#options;
    const problem = await this.#readOtherwise();
    if (problem !== undefined) {
      return failure === NOT_YET ? problem : failure;
    }
    if (!this.#isSilenceTold) {
      this.#isSilenceTold = true;
      log.warn(
        { problem: failure.message },
        'waiting for the account of the API key; running instances are managed, and nothing is rented until the provider says whose key it is, unless it is the key that was in use before',
      );
    }
    return { kind: 'pending', failure };
  }

  /**
   * A key that can list instances or their history is good, even if it may not read its own user. The history comes
   * first, because it is short: a list of ten thousand instances has a hundred pages.
   */
  async #readOtherwise(): Promise<Failure | undefined> {
    const { provider } = this.#options;
    const history = await provider.listHistory();
    if (history.kind === 'ok') {
      return undefined;
    }
    const list = await provider.listPods([undefined]);
    return list.kind === 'ok' ? undefined : list;
  }
}

/** True if the provider refuses the question itself. The operator waits for other failures to pass. */
function isLasting({ httpStatus }: Failure): boolean {
  return (
    httpStatus !== undefined &&
    !PASSING_STATUSES.has(httpStatus) &&
    (httpStatus < 500 || httpStatus === NOT_IMPLEMENTED)
  );
}
