import type { Clock } from '../../clock.ts';
import { changeAnswer, faultyAnswer } from '../faults/change-answer.ts';
import type { Effect } from '../faults/effect.ts';
import { FaultStore } from '../faults/fault-store.ts';
import type { DeleteRecord } from '../world/ledger.ts';
import { createRandomSource } from '../world/random.ts';
import type { Account } from '../world/settings.ts';
import { createWorld } from '../world/world.ts';
import type { World, WorldOptions } from '../world/world.ts';
import { SshServers } from '../ssh/ssh-servers.ts';
import type { SshOptions } from '../ssh/ssh-servers.ts';
import { failure, isRecord, json } from './answer.ts';
import type { ApiAnswer, ApiRequest } from './answer.ts';
import { RateLimit } from './rate-limit.ts';
import { RequestLog } from './request-log.ts';
import type { LoggedRequest } from './request-log.ts';
import { findRoute, pathBelowBase } from './router.ts';
import type { RouteMatch } from './router.ts';

/** How an answer is sent, or that none is sent. */
export type Delivery =
  | { kind: 'Reset'; waitMs: number }
  | {
      kind: 'Answer';
      waitMs: number;
      answer: ApiAnswer;
      wire: Extract<Effect, { kind: 'Cut' | 'Drip' | 'Huge' | 'Bomb' }> | null;
    };

/** A request that arrived. After `waitMs`, `proceed` handles it. */
interface Reception {
  waitMs: number;
  /** Its entry in the request log. */
  logged: LoggedRequest;
  proceed: () => Delivery;
}

interface Arrival {
  request: ApiRequest;
  logged: LoggedRequest;
  match: RouteMatch;
  effects: Effect[];
}

function sumMs(effects: readonly Effect[], kind: 'DelayBefore' | 'DelayAfter'): number {
  return effects.reduce((sum, effect) => (effect.kind === kind ? sum + effect.ms : sum), 0);
}

function insteadOf(effects: readonly Effect[]): ApiAnswer | 'Reset' | null {
  for (const effect of effects) {
    switch (effect.kind) {
      case 'ResetBefore':
        return 'Reset';
      case 'Answer':
        return faultyAnswer(effect);
      case 'Redirect':
        return { ...json('', effect.status), headers: { location: effect.location } };
      case 'TooManyRequests': {
        const headers: Record<string, string> =
          effect.retryAfter === null ? {} : { 'retry-after': effect.retryAfter };
        return { ...failure(429, 'Too many requests.'), headers };
      }
      case 'IgnoreDelete':
        return json({ status: 'TERMINATED' });
      default:
    }
  }
  return null;
}

/** The simulated API without HTTP: requests and answers are values, and the clock gives the time. */
export class SimulatedApi {
  readonly world: World;
  readonly faults: FaultStore;
  readonly requests = new RequestLog();
  /** Absent if instances have no SSH servers. */
  readonly ssh: SshServers | undefined;
  readonly #clock: Clock;
  readonly #limit: RateLimit;

  constructor(options: WorldOptions & { readonly ssh?: SshOptions | undefined }) {
    this.world = createWorld(options);
    this.ssh = options.ssh === undefined ? undefined : new SshServers(this.world, options.ssh);
    this.#clock = options.clock;
    // Faults draw from a source of their own, so that they do not change the IDs of instances.
    this.faults = new FaultStore(options.clock, createRandomSource(options.seed + 1));
    this.#limit = new RateLimit(options.clock, options.settings);
  }

  /** Logs a request and draws its faults, but does not handle it yet. */
  receive(request: ApiRequest): Reception {
    const match = findRoute(request, this.world.settings.slash);
    const logged = this.requests.add({
      atMs: this.#clock.nowMs(),
      method: request.method,
      path: pathBelowBase(request.path),
      route: 'route' in match ? match.route.path : null,
      query: request.query.toString(),
      userId: this.#account(request)?.userId ?? null,
      bodyText: request.bodyText,
    });
    const arrival = { request, logged, match, effects: this.faults.effectsOn(logged) };
    return { waitMs: sumMs(arrival.effects, 'DelayBefore'), logged, proceed: () => this.#proceed(arrival) };
  }

  #account(request: ApiRequest): Account | undefined {
    const token = /^Bearer (.+)$/i.exec(request.headers['authorization'] ?? '')?.[1];
    return this.world.settings.accounts.find((account) => account.key === token);
  }

  #proceed(arrival: Arrival): Delivery {
    const { effects, logged } = arrival;
    const waitMs = sumMs(effects, 'DelayAfter');
    const instead = insteadOf(effects);
    if (instead !== null) {
      this.#noteDelete(arrival, 'NotHandled');
    }
    if (instead === 'Reset') {
      return { kind: 'Reset', waitMs };
    }
    const answer = instead ?? changeAnswer(this.#handle(arrival), effects);
    if (effects.some((effect) => effect.kind === 'ResetAfter')) {
      return { kind: 'Reset', waitMs };
    }
    logged.status = answer.status;
    const wire = effects.find(
      (effect) =>
        effect.kind === 'Cut' || effect.kind === 'Drip' || effect.kind === 'Huge' || effect.kind === 'Bomb',
    );
    return { kind: 'Answer', waitMs, answer, wire: wire ?? null };
  }

  #noteDelete({ match, logged }: Arrival, result: DeleteRecord['result']): void {
    if (match.kind !== 'Found' || match.route.method !== 'DELETE' || match.route.path !== '/pods/{id}') {
      return;
    }
    this.world.ledger.deletes.push({
      requestNumber: logged.number,
      atMs: logged.atMs,
      podId: match.id,
      podName: this.world.pods.byId.get(match.id)?.name ?? null,
      result,
    });
  }

  #handle(arrival: Arrival): ApiAnswer {
    const { request, match, logged, effects } = arrival;
    const refusal = this.#refusal(arrival);
    if (refusal !== null || match.kind !== 'Found') {
      this.#noteDelete(arrival, 'NotHandled');
      return refusal ?? failure(404, 'Not Found');
    }
    this.world.wallets.settle();
    const account = this.#account(request);
    if (account === undefined) {
      throw new Error('a request without account passed the authorisation');
    }
    const answer = match.route.handle({
      world: this.world,
      account,
      request: shifted(request, effects),
      id: match.id,
      requestNumber: logged.number,
      noteDelete: (result) => {
        this.#noteDelete(arrival, result);
      },
    });
    this.#hideCreated(answer, effects);
    return answer;
  }

  #hideCreated(answer: ApiAnswer, effects: readonly Effect[]): void {
    const hiding = effects.find((effect) => effect.kind === 'HideCreated');
    const id = isRecord(answer.body) ? answer.body['id'] : null;
    if (hiding !== undefined && typeof id === 'string' && this.world.pods.byId.has(id)) {
      this.world.pods.hide(id, hiding.ms);
    }
  }

  /** The checks before an operation runs, in the sequence of a real service. */
  #refusal({ request, match }: Arrival): ApiAnswer | null {
    const { settings } = this.world;
    if (!this.#limit.allows()) {
      const seconds = settings.retryAfterSeconds;
      const headers: Record<string, string> = seconds === null ? {} : { 'retry-after': String(seconds) };
      return { ...failure(429, 'Too many requests.'), headers };
    }
    if (Buffer.byteLength(request.bodyText) > settings.bodyLimitBytes) {
      return failure(413, 'Request body is too large');
    }
    return routeRefusal(request, match) ?? this.#authRefusal(request, match);
  }

  #authRefusal(request: ApiRequest, match: RouteMatch): ApiAnswer | null {
    if (request.headers['authorization'] === undefined) {
      return failure(403, 'Not authenticated');
    }
    const account = this.#account(request);
    if (account === undefined) {
      return failure(401, 'Invalid token');
    }
    if (match.kind !== 'Found' || match.route.scope === null) {
      return null;
    }
    return account.scopes[match.route.scope]?.[match.route.access] === true
      ? null
      : failure(this.world.settings.missingScopeStatus, 'Insufficient permissions');
  }
}

function routeRefusal(request: ApiRequest, match: RouteMatch): ApiAnswer | null {
  switch (match.kind) {
    case 'Found':
      return null;
    case 'NotFound':
      return failure(404, 'Not Found');
    case 'WrongMethod':
      return failure(405, 'Method Not Allowed');
    case 'Redirect': {
      const query = request.query.size === 0 ? '' : `?${request.query.toString()}`;
      return { ...json('', 307), headers: { location: `${request.origin}${match.path}${query}` } };
    }
  }
}

/** Later pages start at another row, as if rows had appeared or vanished. */
function shifted(request: ApiRequest, effects: readonly Effect[]): ApiRequest {
  const shift = effects.find((effect) => effect.kind === 'ShiftPages');
  const offset = Number(request.query.get('offset') ?? 0);
  if (shift === undefined || offset === 0) {
    return request;
  }
  const query = new URLSearchParams(request.query);
  query.set('offset', String(Math.max(0, offset + shift.by)));
  return { ...request, query };
}
