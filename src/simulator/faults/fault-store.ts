import type { Clock } from '../../clock.ts';
import { isPath } from '../api/request-log.ts';
import type { LoggedRequest } from '../api/request-log.ts';
import type { RandomSource } from '../world/random.ts';
import { faultRuleSchema } from './effect.ts';
import type { Effect, FaultRule, FaultRuleInput } from './effect.ts';

/** A rule and how often it applied. */
export interface ActiveFault {
  id: string;
  rule: FaultRule;
  addedAtMs: number;
  /** Requests that matched. */
  matched: number;
  /** Requests that it had an effect on. */
  fired: number;
}

function fits(rule: FaultRule, request: LoggedRequest): boolean {
  return (
    (rule.method === undefined || rule.method.toUpperCase() === request.method) &&
    (rule.path === undefined || isPath(rule.path, request.route, request.path)) &&
    (rule.userId === undefined || rule.userId === request.userId) &&
    (rule.contains === undefined || `${request.query} ${request.bodyText}`.includes(rule.contains))
  );
}

function isTurn(rule: FaultRule, matched: number): boolean {
  return (
    (rule.nth === undefined || matched === rule.nth) &&
    (rule.every === undefined || matched % rule.every === 0) &&
    matched > (rule.after ?? 0)
  );
}

/** The active faults. */
export class FaultStore {
  #faults: ActiveFault[] = [];
  #added = 0;
  readonly #clock: Clock;
  readonly #random: RandomSource;

  constructor(clock: Clock, random: RandomSource) {
    this.#clock = clock;
    this.#random = random;
  }

  /** Adds a rule and returns its ID. @throws ZodError if the rule is invalid. */
  add(rule: FaultRuleInput): string {
    this.#added += 1;
    const id = `fault-${String(this.#added)}`;
    const parsed = faultRuleSchema.parse(rule);
    this.#faults.push({ id, rule: parsed, addedAtMs: this.#clock.monotonicMs(), matched: 0, fired: 0 });
    return id;
  }

  /** Removes one rule, or all. */
  clear(id?: string): void {
    this.#faults = id === undefined ? [] : this.#faults.filter((fault) => fault.id !== id);
  }

  list(): readonly ActiveFault[] {
    return this.#faults;
  }

  /** How often a rule had an effect, or 0 for an unknown ID. */
  fired(id: string): number {
    return this.#faults.find((fault) => fault.id === id)?.fired ?? 0;
  }

  #fires(fault: ActiveFault, request: LoggedRequest): boolean {
    const { rule } = fault;
    const isOver = rule.forMs !== undefined && this.#clock.monotonicMs() - fault.addedAtMs >= rule.forMs;
    if (isOver || !fits(rule, request)) {
      return false;
    }
    fault.matched += 1;
    const isSpent = rule.times !== undefined && fault.fired >= rule.times;
    if (isSpent || !isTurn(rule, fault.matched)) {
      return false;
    }
    if (rule.probability !== undefined && this.#random.next() >= rule.probability) {
      return false;
    }
    fault.fired += 1;
    return true;
  }

  /** The effects on this request. Adds the IDs of the rules to `request.faults`. */
  effectsOn(request: LoggedRequest): Effect[] {
    return this.#faults.flatMap((fault) => {
      if (!this.#fires(fault, request)) {
        return [];
      }
      request.faults.push(fault.id);
      return [fault.rule.effect];
    });
  }
}
