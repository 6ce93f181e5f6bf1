import { truncateMessage } from '../api/common/message.ts';
import type { Reason } from '../api/gpupod/conditions.ts';

interface Refusal {
  readonly reason: Reason<'Synced'>;
  readonly message: string;
}

/** What the provider answered, or that it did not, as `src/prime` says it. All other messages say what to do. */
const ANSWER = /^[A-Z]+ \/\S*: (the provider answered|no answer from the provider)/;
/** Leaves room in the message of a condition for the way out, and for what a caller puts before it. */
const MAX_ANSWER_LENGTH = 160;

const WAYS_OUT: Readonly<Partial<Record<Refusal['reason'], string>>> = {
  Unauthorized: 'Replace the API key, or give it the missing permission.',
  PaymentRequired: 'Top up the wallet, or have the instance limit raised.',
  ApiUnavailable: 'The operator retries; running instances keep billing.',
};

/** The provider's answer together with what a person can do, which the provider rarely says. */
export function withWayOut({ reason, message }: Refusal): string {
  const wayOut = ANSWER.test(message) ? WAYS_OUT[reason] : undefined;
  return wayOut === undefined ? message : `${truncateMessage(message, MAX_ANSWER_LENGTH)} ${wayOut}`;
}
