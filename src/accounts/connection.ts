import type { BookedTurn, Provider } from '../lifecycle/provider.ts';

/** What was found where an API key should be: a text, which may not be a key, or why there is none. */
export type FoundText =
  { readonly kind: 'text'; readonly text: string } | { readonly kind: 'missing'; readonly message: string };

/** The connection of one account with the provider: its key, its rate limit, its requests. */
export interface AccountConnection {
  readonly provider: Provider;
  readonly bookCreateTurn: () => Promise<BookedTurn>;
  /** Changes whenever the key does. */
  readonly keyVersion: () => number;
  /** Distinguishes the key in use from others; undefined if there is none. */
  readonly keyFingerprint: (hmacKey: string) => string | undefined;
  /**
   * Uses this key from now on. A text that cannot be a key counts as missing, and the failures of requests say why.
   *
   * @param subject begins the sentence about a bad key, such as `Key api-key of Secret team-a/prime`
   * @returns true if the key, or what is wrong with it, is another one than before
   */
  readonly useKey: (found: FoundText, subject: string) => boolean;
  readonly close: () => void;
}

/** Connects the account of this name. It sends nothing, and has no key yet. */
export type ConnectAccount = (name: string) => AccountConnection;
