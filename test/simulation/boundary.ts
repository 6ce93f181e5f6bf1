import type { ProcessClock } from './process-clock.ts';
import { never } from './process-clock.ts';
import type { Trace } from './trace.ts';
import type { VirtualTime } from './virtual-time.ts';

/** One call over the edge of a process: to the API server or to the provider. */
export interface Call {
  readonly to: 'cluster' | 'provider';
  /** `PATCH gpupods intent`, `POST /pods/`: the same for the same step of any run. */
  readonly label: string;
}

/** Where in a call a process dies. */
export type Moment = 'before' | 'sent' | 'after';

/** What befalls a call. */
export type Mishap =
  | { readonly kind: 'crash'; readonly moment: Moment }
  /** The process stands still for so long, before it sends, or after what it sent has left it. */
  | { readonly kind: 'freeze'; readonly moment: 'before' | 'sent'; readonly ms: number }
  /** Something else happens in the world just then. */
  | { readonly kind: 'meanwhile'; readonly moment: 'before' | 'sent'; readonly act: () => void }
  /** The call is not carried out; this is thrown in its place. */
  | { readonly kind: 'refuse'; readonly error: Error }
  /** The call is carried out; this is thrown in place of its answer. */
  | { readonly kind: 'lose'; readonly error: Error };

/** Decides what befalls the calls of all processes; asked once for each, in their order. */
export type FaultPlan = (call: Call & { readonly number: number }) => readonly Mishap[];

export interface BoundaryParts {
  readonly time: VirtualTime;
  readonly clock: ProcessClock;
  readonly trace: Trace;
  readonly process: string;
  readonly faultPlan: FaultPlan;
  readonly counter: { calls: number };
  /** One way; an answer takes as long again. */
  readonly latencyMs: Readonly<Record<Call['to'], number>>;
  readonly onDeath: () => void;
  readonly onFault: (kind: string) => void;
}

/** The edge of one process. Every effect crosses it, and here it can be cut in two. */
export class Boundary {
  readonly #parts: BoundaryParts;

  constructor(parts: BoundaryParts) {
    this.#parts = parts;
  }

  /**
   * Carries a call out: it arrives after the latency, whatever became of the process meanwhile, and its answer is
   * heard only by a process that runs. `maySend` is asked when the call is about to leave.
   */
  async cross<T>(call: Call, act: () => T | Promise<T>, maySend?: () => boolean): Promise<T | 'withheld'> {
    const { time, clock, trace, process, counter, faultPlan, latencyMs } = this.#parts;
    if (clock.isDead) return await never();
    counter.calls += 1;
    const number = counter.calls;
    const mishaps = faultPlan({ ...call, number });
    for (const mishap of mishaps) this.#parts.onFault(nameOf(mishap, call));
    const note = (text: string): void => trace.add(time.nowMs, `${process} #${number} ${call.label} ${text}`);
    if (this.#strike(mishaps, 'before', note)) return await never();
    await this.#running();
    if (maySend?.() === false) {
      note('withheld');
      return 'withheld';
    }
    const latency = latencyMs[call.to];
    const answer = this.#carryOut(latency, mishaps, act);
    if (this.#strike(mishaps, 'sent', note)) return await never();
    const result = await answer;
    await this.#pass(latency);
    await this.#running();
    if (this.#strike(mishaps, 'after', note)) return await never();
    note(result.kind === 'done' ? `→ ${shown(result.value)}` : `→ ${result.error.message.slice(0, 80)}`);
    if (result.kind === 'done') return result.value;
    throw result.error;
  }

  /** What was sent arrives, even from a process that is dead by then. */
  async #carryOut<T>(
    latency: number,
    mishaps: readonly Mishap[],
    act: () => T | Promise<T>,
  ): Promise<Outcome<T>> {
    await this.#pass(latency);
    const refusal = mishaps.find((mishap) => mishap.kind === 'refuse');
    if (refusal !== undefined) return { kind: 'failed', error: refusal.error };
    const outcome = await attempt(act);
    const loss = mishaps.find((mishap) => mishap.kind === 'lose');
    return loss === undefined ? outcome : { kind: 'failed', error: loss.error };
  }

  /** True if the process died of it. */
  #strike(mishaps: readonly Mishap[], moment: Moment, note: (text: string) => void): boolean {
    for (const mishap of mishaps) {
      if (!('moment' in mishap) || mishap.moment !== moment) continue;
      note(`${mishap.kind} ${moment}`);
      if (mishap.kind === 'meanwhile') mishap.act();
      if (mishap.kind === 'freeze') this.#parts.clock.freeze(mishap.ms);
      if (mishap.kind === 'crash') {
        this.#parts.onDeath();
        return true;
      }
    }
    return false;
  }

  #pass(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#parts.time.schedule(ms, resolve);
    });
  }

  #running(): Promise<void> {
    return new Promise((resolve) => {
      this.#parts.clock.whenRunning(resolve);
    });
  }
}

type Outcome<T> =
  { readonly kind: 'done'; readonly value: T } | { readonly kind: 'failed'; readonly error: Error };

async function attempt<T>(act: () => T | Promise<T>): Promise<Outcome<T>> {
  try {
    return { kind: 'done', value: await act() };
  } catch (error) {
    return { kind: 'failed', error: error instanceof Error ? error : new Error(String(error)) };
  }
}

/** As faults are counted: what it was, and for a call that was answered wrongly which one. */
function nameOf(mishap: Mishap, { label }: Call): string {
  switch (mishap.kind) {
    case 'crash':
      return `crash ${mishap.moment}`;
    case 'freeze':
      return 'freeze';
    case 'meanwhile':
      return 'meanwhile';
    case 'refuse':
    case 'lose':
      return `${label}: ${mishap.error.message.slice(0, 60)}`;
  }
}

function shown(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  const status: unknown = Reflect.get(value, 'status');
  const kind: unknown = Reflect.get(value, 'kind');
  return typeof status === 'number' ? String(status) : typeof kind === 'string' ? kind : 'ok';
}
