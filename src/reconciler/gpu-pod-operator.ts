import { GROUP, PLURAL, VERSION } from '../api/names.ts';
import { OperatorFrame } from '../kubernetes/operator-frame.ts';
import type { OperatorFrameOptions } from '../kubernetes/operator-frame.ts';

export interface GpuPodOperatorOptions extends OperatorFrameOptions {
  /** Only GpuPods of this namespace; undefined = all. */
  readonly watchNamespace: string | undefined;
  /** Asks for a look at the object. */
  readonly enqueue: (key: string) => void;
}

/** The operator in its frame: watches GpuPods, and does nothing on an event but ask for a look at the object. */
export class GpuPodOperator extends OperatorFrame {
  readonly #watchNamespace: string | undefined;
  readonly #enqueue: (key: string) => void;

  constructor(options: GpuPodOperatorOptions) {
    super(options);
    this.#watchNamespace = options.watchNamespace;
    this.#enqueue = options.enqueue;
  }

  protected override async init(): Promise<void> {
    await this.watchResource(
      GROUP,
      VERSION,
      PLURAL,
      async ({ meta }) => {
        this.#enqueue(meta.namespace === undefined ? meta.name : `${meta.namespace}/${meta.name}`);
        await Promise.resolve();
      },
      this.#watchNamespace,
    );
  }
}
