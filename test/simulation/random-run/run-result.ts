import type { SimulationOptions } from '../simulation.ts';
import type { Ends } from './ends.ts';

/** The result of one random run. */
export interface RunResult {
  readonly violations: readonly string[];
  readonly lives: number;
  readonly virtualHours: number;
  /** How often each fault was injected. */
  readonly injected: ReadonlyMap<string, number>;
  /** The final states of each wave. */
  readonly ends: readonly Ends[];
  readonly calls: number;
  /** The most passes with an effect that any object needed after the last fault. */
  readonly mostPasses: number;
  readonly hash: string;
  readonly trace: string;
}

export interface RunOptions extends SimulationOptions {
  /** The final states of each wave without faults. */
  readonly calm?: readonly Ends[];
  readonly installationId?: string;
}
