/** An HTTP answer of any status, with what messages about it need. */
export interface Reply {
  readonly kind: 'reply';
  /** `GET /pods/{id}`. */
  readonly label: string;
  readonly status: number;
  readonly text: string;
  readonly retryAfterMs?: number;
  /** Values that no message may repeat. */
  readonly secrets: readonly string[];
  /**
   * True if the answer may repeat variables of an instance, which this process does not know. Messages then
   * leave its text out.
   */
  readonly mayHoldUnknownSecrets: boolean;
}
