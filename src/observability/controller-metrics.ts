import type { Instruments } from './instruments.ts';

/** Receives the events of one controller. */
export interface ControllerRecorder {
  readonly queue: {
    readonly onDepth: (depth: number) => void;
    readonly onAdded: () => void;
    readonly onStarted: (waitSeconds: number) => void;
    readonly onFinished: (workSeconds: number) => void;
    readonly onRetry: () => void;
  };
  readonly onReconciled: (result: string, seconds: number) => void;
}

/** The results of controller-runtime, so that existing dashboards work. */
const RESULTS = ['success', 'requeue_after', 'requeue', 'error'];

/**
 * Creates the series of this controller as 0, because an alert on something that has not happened yet must
 * find its series.
 */
export function recordController(instruments: Instruments, name: string): ControllerRecorder {
  const { reconciles, reconcileDuration } = instruments;
  for (const result of RESULTS) {
    reconciles.inc({ controller: name, result }, 0);
  }
  instruments.queueDepth.set({ name }, 0);
  instruments.queueAdds.inc({ name }, 0);
  instruments.queueRetries.inc({ name }, 0);
  return {
    queue: {
      onDepth: (depth) => instruments.queueDepth.set({ name }, depth),
      onAdded: () => instruments.queueAdds.inc({ name }),
      onStarted: (waitSeconds) => instruments.queueWait.observe({ name }, waitSeconds),
      onFinished: (workSeconds) => instruments.queueWork.observe({ name }, workSeconds),
      onRetry: () => instruments.queueRetries.inc({ name }),
    },
    onReconciled: (result, seconds) => {
      reconciles.inc({ controller: name, result });
      reconcileDuration.observe({ controller: name }, seconds);
    },
  };
}
