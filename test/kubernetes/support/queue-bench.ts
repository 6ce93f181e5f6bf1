import { WorkQueue } from '../../../src/kubernetes/queue/work-queue.ts';
import type { Workers, WorkQueueOptions } from '../../../src/kubernetes/queue/work-queue-options.ts';
import { ControlledWork } from './controlled-work.ts';
import { RecordingLog } from './recording-log.ts';
import { VirtualClock } from './virtual-clock.ts';

/** A work queue, and work that the test completes. */
export class QueueBench {
  readonly clock = new VirtualClock();
  readonly log = new RecordingLog();
  readonly work = new ControlledWork();
  readonly queue: WorkQueue;

  constructor(options: Partial<WorkQueueOptions> = {}) {
    const { clock, log } = this;
    this.queue = new WorkQueue({ clock, log, random: () => 1, ...options });
  }

  run(workers: Partial<Workers> = {}): void {
    void this.queue.run(this.work.worker, { concurrency: 1, ...workers });
  }

  /** @throws if a timer was left behind */
  async close(): Promise<void> {
    const stopped = this.queue.stop();
    await this.work.endAll();
    await stopped;
    if (this.clock.sleepers > 0) throw new Error(`${String(this.clock.sleepers)} timers were left behind`);
  }
}
