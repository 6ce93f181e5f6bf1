import type { ProcessClock } from './process-clock.ts';
import { never } from './process-clock.ts';
import type { Trace } from './trace.ts';
import type { VirtualTime } from './virtual-time.ts';

/** One call from a process to the API server or to the provider. */
export interface Call {
  readonly to: 'cluster' | 'provider';
  /** `PATCH gpupods intent`, `POST /pods/`: the same for the same step of any run. */
  readonly label: string;
}

/** When in a call a process dies. */
export type Moment = 'before' | 'sent' | 'after';

/** What goes wrong in a call. */
export type CallFault =
  | { readonly kind: 'crash'; readonly moment: Moment }
  /** The process is frozen for this time, before or after it sends the request. */
  | { readonly kind: 'freeze'; readonly moment: 'before' | 'sent'; readonly ms: number }
  /** Something else happens in the simulation at that moment. */
  | { readonly kind: 'meanwhile'; readonly moment: 'before' | 'sent'; readonly act: () => void }
  /** The call is not carried out, and throws this error. */
  | { readonly kind: 'refuse'; readonly error: Error }
  /** The call is carried out, and throws this error instead of its response. */
  | { readonly kind: 'lose'; readonly error: Error };

/** Decides what goes wrong in the calls of all processes. Called once for each call. */
export type FaultPlan = (call: Call & { readonly number: number }) => readonly CallFault[];

export interface BoundaryParts {
  readonly time: VirtualTime;
  readonly clock: ProcessClock;
  readonly trace: Trace;
  readonly process: string;
  readonly faultPlan: FaultPlan;
  readonly counter: { calls: number };
  /** One way. The response takes the same time. */
  readonly latencyMs: Readonly<Record<Call['to'], number>>;
  readonly onDeath: () => void;
  readonly onFault: (kind: string) => void;
}

/** The boundary of one process. Every effect crosses it, and a fault can occur on either side. */
export class Boundary {
  readonly #parts: BoundaryParts;

  constructor(parts: BoundaryParts) {
    this.#parts = parts;
  }

  /**
   * Carries a call out. It arrives after the latency even if the process has died meanwhile, and only a
   * running process receives the response. `maySend` is called when the request is about to leave.
   */
  async cross<T>(call: Call, act: () => T | Promise<T>, maySend?: () => boolean): Promise<T | 'withheld'> {
    const { time, clock, trace, process, counter, faultPlan, latencyMs } = this.#parts;
    if (clock.isDead) return await never();
    counter.calls += 1;
    const number = counter.calls;
    const callFaults = faultPlan({ ...call, number });
    for (const callFault of callFaults) this.#parts.onFault(nameOf(callFault, call));
    const note = (text: string): void => trace.add(time.nowMs, `${process} #${number} ${call.label} ${text}`);
    if (this.#apply(callFaults, 'before', note)) return await never();
    await this.#running();
    if (maySend?.() === false) {
      note('withheld');
      return 'withheld';
    }
    const latency = latencyMs[call.to];
    const answer = this.#carryOut(latency, callFaults, act);
    if (this.#apply(callFaults, 'sent', note)) return await never();
    const result = await answer;
    await this.#pass(latency);
    await this.#running();
    if (this.#apply(callFaults, 'after', note)) return await never();
    note(result.kind === 'done' ? `→ ${shown(result.value)}` : `→ ${result.error.message.slice(0, 80)}`);
    if (result.kind === 'done') return result.value;
    throw result.error;
  }

  /** A sent request arrives even if the process is dead by then. */
  async #carryOut<T>(
    latency: number,
    callFaults: readonly CallFault[],
    act: () => T | Promise<T>,
  ): Promise<Outcome<T>> {
    await this.#pass(latency);
    const refusal = callFaults.find((callFault) => callFault.kind === 'refuse');
    if (refusal !== undefined) return { kind: 'failed', error: refusal.error };
    const outcome = await attempt(act);
    const loss = callFaults.find((callFault) => callFault.kind === 'lose');
    return loss === undefined ? outcome : { kind: 'failed', error: loss.error };
  }

  /** True if the process died. */
  #apply(callFaults: readonly CallFault[], moment: Moment, note: (text: string) => void): boolean {
    for (const callFault of callFaults) {
      if (!('moment' in callFault) || callFault.moment !== moment) continue;
      note(`${callFault.kind} ${moment}`);
      if (callFault.kind === 'meanwhile') callFault.act();
      if (callFault.kind === 'freeze') this.#parts.clock.freeze(callFault.ms);
      if (callFault.kind === 'crash') {
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

/** The name under which a fault is counted. For a wrong response it includes the call. */
function nameOf(callFault: CallFault, { label }: Call): string {
  switch (callFault.kind) {
    case 'crash':
      return `crash ${callFault.moment}`;
    case 'freeze':
      return 'freeze';
    case 'meanwhile':
      return 'meanwhile';
    case 'refuse':
    case 'lose':
      return `${label}: ${callFault.error.message.slice(0, 60)}`;
  }
}

function shown(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  const status: unknown = Reflect.get(value, 'status');
  const kind: unknown = Reflect.get(value, 'kind');
  return typeof status === 'number' ? String(status) : typeof kind === 'string' ? kind : 'ok';
}
