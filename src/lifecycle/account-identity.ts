/** Whose account it is: a user id says something only together with the API that gave it. */
export interface AccountIdentity {
  /** Absent in records of older versions. */
  readonly origin?: string | undefined;
  readonly userId: string;
}
