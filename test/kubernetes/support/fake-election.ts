import type { Election, LeadershipHandlers } from '../../../src/kubernetes/election/election.ts';

/** An election whose result the test decides. */
export class FakeElection implements Election {
  /** The steps of the election, in order. A test may add its own. */
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

  /** Another process takes the Lease. */
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
