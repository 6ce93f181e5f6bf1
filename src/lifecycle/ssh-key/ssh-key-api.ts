import type { Answer, DeleteOutcome, SendOptions } from '../answers.ts';

/** The SSH keys of an account at the provider. Like `Provider`: every expected outcome is a value. */
export interface SshKeyApi {
  /** Lists every page. A list that may be incomplete is a failure. */
  listSshKeys(): Promise<Answer<readonly RegisteredKey[]>>;
  /** Sends the request once. See {@link RegisterOutcome}. */
  createSshKey(key: NewKey, options: SendOptions): Promise<RegisterOutcome>;
  deleteSshKey(keyId: string, options: SendOptions): Promise<DeleteOutcome>;
}

export interface NewKey {
  readonly name: string;
  /** Type and base64, without a comment. */
  readonly publicKey: string;
}

export interface RegisteredKey {
  readonly keyId: string;
  readonly name: string;
  /** The first two words of the key; empty if the provider does not show them. */
  readonly content: string;
  /** Every instance that names no key gets the primary one. Absent: the provider does not say. */
  readonly isPrimary?: boolean;
}

/**
 * The result of registering a key.
 *
 * - `created`: the provider returned the key.
 * - `refused`: a JSON error that proves that nothing was registered.
 * - `notSent`: no byte left, or our own check stopped it.
 * - `unknown`: anything else. Only a list shows whether the key is registered.
 */
export type RegisterOutcome =
  | { readonly kind: 'created'; readonly key: RegisteredKey }
  | { readonly kind: 'refused'; readonly reason: KeyRefusal; readonly message: string }
  | {
      readonly kind: 'notSent';
      readonly reason: 'CredentialsMissing' | 'ApiUnavailable';
      readonly message: string;
    }
  | UnknownRegistration;

export interface UnknownRegistration {
  readonly kind: 'unknown';
  readonly message: string;
  /** The provider answered with success, but not with the key that was sent. */
  readonly wasTaken?: true;
  /** The ID in that answer, if it names the key by the name that was sent. */
  readonly alteredId?: string;
}

/**
 * - `Unauthorized`: the API key is refused, or lacks the permission for SSH keys.
 * - `QuotaExceeded`: the account has as many keys as it may.
 * - `InvalidSshKey`: the provider does not accept this key.
 * - `RateLimited`: 429.
 */
export type KeyRefusal = 'Unauthorized' | 'QuotaExceeded' | 'InvalidSshKey' | 'RateLimited';
