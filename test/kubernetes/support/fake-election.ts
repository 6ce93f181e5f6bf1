import type { Election, LeadershipHandlers } from '../../../src/kubernetes/election.ts';

/** An election whose result a test decides. */
export class FakeElection implements Election {
  /** What it did, in order; a test may write into it, too. */
  readonly steps: string[];
  #handlers: LeadershipHandlers | undefined;
  #isLeading = false;

  constructor(steps: string[] = []) {
    this.steps = steps;
  }

  start(handlers: LeadershipHandlers): void {
    this.steps.push('election starts');
    this.#handlers = handlers;
  }

  /** This process is elected. */
  win(): void {
    this.#isLeading = true;
    this.#handlers?.onStartedLeading();
  }

  /** Another process takes the lease. */
  async lose(): Promise<void> {
    this.#isLeading = false;
    await this.#handlers?.onStoppedLeading('lost');
  }

  async stop(): Promise<void> {
    if (this.#isLeading) {
      await this.#handlers?.onStoppedLeading('released');
    }
    this.steps.push('lease released');
  }
}
