/** An HTTP answer of any status, with what is needed to speak of it. */
export interface Reply {
  readonly kind: 'reply';
  /** `GET /pods/{id}`. */
  readonly label: string;
  readonly status: number;
  readonly text: string;
  readonly retryAfterMs?: number;
  /** Texts that must not come out again in a message. */
  readonly secrets: readonly string[];
  /** It may repeat what pods were ordered with, which nobody here remembers: what it says is not passed on. */
  readonly mayHoldUnknownSecrets: boolean;
}
