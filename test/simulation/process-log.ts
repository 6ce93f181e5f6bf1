import type { Log } from '../../src/kubernetes/log.ts';
import { loggedText } from '../support/readable.ts';
import type { Trace } from './trace.ts';
import type { VirtualTime } from './virtual-time.ts';

interface Listeners {
  readonly time: VirtualTime;
  readonly trace: Trace;
  readonly onSaid: (where: string, text: string) => void;
}

/** The log of a simulated process: every line can be searched for secrets, and what matters is in the trace. */
export function processLog(name: string, { time, trace, onSaid }: Listeners): Log {
  const note = (fields: object, message: string): void => {
    onSaid('the log', loggedText(fields, message));
  };
  const write = (fields: object, message: string): void => {
    note(fields, message);
    const error: unknown = 'err' in fields ? fields.err : undefined;
    const why = error instanceof Error ? `: ${error.message}` : '';
    trace.add(time.nowMs, `${name} says ${message}${why}`);
  };
  return { debug: note, info: write, warn: write, error: write };
}
