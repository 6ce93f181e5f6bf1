/** Why leading ended: the lease could not be renewed or another holds it, or `stop()` gave it back. */
export type LeadingEnd = 'lost' | 'released';

/** Who wants to know whether this process leads. */
export interface LeadershipHandlers {
  readonly onStartedLeading: () => void;
  /** Called once. A release waits for the promise: the next leader starts only after this one's work is done. */
  readonly onStoppedLeading: (end: LeadingEnd) => void | Promise<void>;
}

/** Decides which of several processes leads. A `LeaderElector` does. */
export interface Election {
  /** Begins to stand, once. */
  start(handlers: LeadershipHandlers): void;
  /** Stops standing or leading; resolves when nothing is running any more. Never rejects. */
  stop(): Promise<void>;
}

/** There is one process by decree: it leads from the start to the end. */
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
