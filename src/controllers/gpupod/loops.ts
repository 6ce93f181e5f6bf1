/**
 * Keeps the account of this name, and its key, from now on.
 *
 * @returns false if it changed meanwhile, so that its create request has to be decided again
 */
export type ProtectAccount = (account: string) => Promise<boolean>;

/** What the parts need from the loops that run them. */
export interface Loops {
  enqueue(key: string): void;
  enqueueAll(): void;
  /** Requests an inventory of the account in `inMs` milliseconds, or at the scheduled time if that is earlier. */
  scheduleInventory(account: string, inMs: number): void;
  /** The identity of the account became known or changed, so its tasks that wait for that run. */
  wake(account: string): void;
  /** An SSH key may be unused now. */
  sweepSshKeys(): void;
  isStopping(): boolean;
  readonly protectAccount: ProtectAccount;
  /** Teams that pay with accounts whose keys belong to the user of the operator's own key, which lists for them. */
  teamsOfOwnUser(): readonly string[];
  /** Whether only create intents name this team of that user which nothing proves. */
  isUnprovenTeam(teamId: string): boolean;
}
