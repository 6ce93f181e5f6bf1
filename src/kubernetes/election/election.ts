/** Why leading ended: the Lease could not be renewed or another process holds it, or `stop()` released it. */
export type LeadingEnd = 'lost' | 'released';

/** Receives when this process begins and stops to lead. */
export interface LeadershipHandlers {
  readonly onStartedLeading: () => void;
  /** Called once. A release waits for the promise, so that the next leader starts after this one has finished. */
  readonly onStoppedLeading: (end: LeadingEnd) => void | Promise<void>;
}

/** Decides which of several processes leads. `LeaderElector` implements it. */
export interface Election {
  /** Joins the election. Call it once. */
  start(handlers: LeadershipHandlers): void;
  /** Leaves the election or stops leading. Resolves when nothing runs any more. Never rejects. */
  stop(): Promise<void>;
}

/** Without leader election: the only process leads from start to stop. */
export class SoleProcess implements Election {
  #handlers: LeadershipHandlers | undefined;

  start(handlers: LeadershipHandlers): void {
    this.#handlers = handlers;
    handlers.onStartedLeading();
  }

  async stop(): Promise<void> {
    await this.#handlers?.onStoppedLeading('released');
  }
}
