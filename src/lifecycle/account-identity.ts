/** The account that an API key belongs to. A user ID identifies an account only together with the API's origin. */
export interface AccountIdentity {
  /** Absent in records of earlier versions. */
  readonly origin?: string | undefined;
  readonly userId: string;
}
