import type { FaultRuleInput } from '../../src/simulator/faults/effect.ts';
import { ECHO } from './canaries.ts';

/** Faults of the provider by name. Each ends by itself or after `times`, unless its name says otherwise. */
export type FaultTable = Readonly<Record<string, FaultRuleInput>>;

const HTML = '<html><body>Just a moment</body></html>';
const CREATE = { method: 'POST', path: '/pods/', times: 1 } as const;
const LIST = { method: 'GET', path: '/pods/', times: 1 } as const;
const HISTORY = { method: 'GET', path: '/pods/history', times: 1 } as const;
const STATUS = { method: 'GET', path: '/pods/status', times: 2 } as const;
const GET = { method: 'GET', path: '/pods/{id}', times: 2 } as const;
const DELETE = { method: 'DELETE', path: '/pods/{id}', times: 1 } as const;
const OFFERS = { method: 'GET', path: '/availability/gpus', times: 1 } as const;
const WHOAMI = { method: 'GET', path: '/user/whoami', times: 1 } as const;

/** The create request was carried out, and its response does not say so. */
export const DONE_BUT_UNKNOWN: FaultTable = {
  'create response lost': { ...CREATE, effect: { kind: 'ResetAfter' } },
  'create timed out but carried out': { ...CREATE, effect: { kind: 'DelayAfter', ms: 75_000 } },
  'create carried out after its timeout': { ...CREATE, effect: { kind: 'DelayBefore', ms: 65_000 } },
  'create 500 but carried out': { ...CREATE, effect: { kind: 'AnswerAfter', status: 500 } },
  'create 502 page but carried out': {
    ...CREATE,
    effect: { kind: 'AnswerAfter', status: 502, body: HTML, contentType: 'text/html' },
  },
  'create 504 but carried out': { ...CREATE, effect: { kind: 'AnswerAfter', status: 504 } },
  'create 408 but carried out': { ...CREATE, effect: { kind: 'AnswerAfter', status: 408 } },
  'create 409 but carried out': { ...CREATE, effect: { kind: 'AnswerAfter', status: 409 } },
  'create 425 but carried out': { ...CREATE, effect: { kind: 'AnswerAfter', status: 425 } },
  'create 302 but carried out': { ...CREATE, effect: { kind: 'AnswerAfter', status: 302 } },
  'create 400 page but carried out': {
    ...CREATE,
    effect: { kind: 'AnswerAfter', status: 400, body: HTML, contentType: 'text/html' },
  },
  'create cut': { ...CREATE, effect: { kind: 'Cut' } },
  'create answered by an HTML page': { ...CREATE, effect: { kind: 'Html' } },
  'create response without ID': { ...CREATE, effect: { kind: 'WithoutId' } },
  'create response with the ID of another': { ...CREATE, effect: { kind: 'OtherName' } },
  'create response too large': { ...CREATE, effect: { kind: 'Huge', bytes: 1 } },
};

/** Nothing was created. */
export const NOT_DONE: FaultTable = {
  'create connection reset before': { ...CREATE, effect: { kind: 'ResetBefore' } },
  'create 500 and not carried out': { ...CREATE, effect: { kind: 'Answer', status: 500, body: ECHO } },
  'create 503 and not carried out': { ...CREATE, effect: { kind: 'Answer', status: 503 } },
  ...refusals({
    'no capacity': [400, 'The selected offer is no longer available'],
    'above the price': [400, 'Offer price is above the specified max_price'],
    'missing field': [400, 'Missing field: max_price not specified'],
    'not supported': [400, 'Provider Hyperstack is not supported for image ubuntu_22_cuda_12'],
    template: [400, 'Invalid Custom Template ID provided'],
    'another text': [400, `Something else is wrong: ${ECHO.detail}`],
    form: [422, 'value is not a valid enumeration member'],
    gone: [410, 'This offer is gone'],
    unauthorized: [401, 'Invalid token'],
    forbidden: [403, 'Insufficient permissions'],
    'no money': [402, 'Insufficient balance'],
    'too many instances': [400, 'Maximum number of instances reached. Limit: 3'],
    'too many requests': [429, 'Too many requests.'],
  }),
};

export const READS: FaultTable = {
  'list 500': { ...LIST, effect: { kind: 'Answer', status: 500, body: ECHO } },
  'list page': { ...LIST, effect: { kind: 'Html' } },
  'list cut': { ...LIST, effect: { kind: 'Cut' } },
  'list with a wrong total': { ...LIST, times: 4, effect: { kind: 'WrongTotal', add: 1 } },
  'list repeats a row': { ...LIST, times: 3, effect: { kind: 'ListTwice' } },
  'list slow': { ...LIST, effect: { kind: 'DelayAfter', ms: 31_000 } },
  'list with garbage': { ...LIST, effect: { kind: 'AddRows', rows: [{ id: 7 }] } },
  'list with a total of 0': { ...LIST, times: 6, effect: { kind: 'TotalIs', total: 0 } },
  'list with the total of its page': { ...LIST, times: 6, effect: { kind: 'TotalOfPage' } },
  'list without names': { ...LIST, times: 3, effect: { kind: 'PatchRows', fields: { name: null } } },
  'list of a team is refused': {
    ...LIST,
    times: 6,
    contains: 'teamId=',
    effect: { kind: 'Answer', status: 403, body: { detail: 'You are not a member of this team' } },
  },
  'list without rows': { ...LIST, times: 3, effect: { kind: 'OmitRows' } },
  'history 500': { ...HISTORY, times: 3, effect: { kind: 'Answer', status: 500, body: ECHO } },
  'history empty': { ...HISTORY, times: 5, effect: { kind: 'EmptyList' } },
  'status 500': { ...STATUS, effect: { kind: 'Answer', status: 500, body: ECHO } },
  'status page': { ...STATUS, effect: { kind: 'Html' } },
  'status omits all rows': { ...STATUS, effect: { kind: 'OmitRows' } },
  'status 404': { ...STATUS, effect: { kind: 'Answer', status: 404 } },
  'offers 500': { ...OFFERS, effect: { kind: 'Answer', status: 500 } },
  'offers empty': { ...OFFERS, times: 2, effect: { kind: 'EmptyList' } },
  'whoami 500': { ...WHOAMI, effect: { kind: 'Answer', status: 500 } },
  'whoami 403': {
    ...WHOAMI,
    times: 3,
    effect: { kind: 'Answer', status: 403, body: { detail: 'API key missing scope: user:read' } },
  },
  'whoami is refused': {
    ...WHOAMI,
    times: 3,
    effect: { kind: 'Answer', status: 200, body: { data: null } },
  },
  'whoami 401': { ...WHOAMI, effect: { kind: 'Answer', status: 401, body: { detail: 'Invalid token' } } },
};

export const SINGLE_POD: FaultTable = {
  'get 500': { ...GET, effect: { kind: 'Answer', status: 500, body: ECHO } },
  'get without a price': { ...GET, effect: { kind: 'Patch', fields: { priceHr: null } } },
  'get 404': { ...GET, effect: { kind: 'Answer', status: 404, body: { detail: 'Pod not found' } } },
  'get says terminated 410': { ...GET, effect: { kind: 'Answer', status: 410 } },
  'delete 500 and not carried out': { ...DELETE, effect: { kind: 'Answer', status: 500, body: ECHO } },
  'delete 500 but carried out': { ...DELETE, effect: { kind: 'AnswerAfter', status: 500 } },
  'delete response lost': { ...DELETE, effect: { kind: 'ResetAfter' } },
  'delete accepted and the instance stays': { ...DELETE, effect: { kind: 'IgnoreDelete' } },
  'delete 404 and the instance stays': {
    ...DELETE,
    effect: { kind: 'Answer', status: 404, body: { detail: 'Pod not found' } },
  },
  'delete answered by an HTML page': {
    ...DELETE,
    effect: { kind: 'Answer', status: 200, body: HTML, contentType: 'text/html' },
  },
  'delete 429': { ...DELETE, effect: { kind: 'TooManyRequests', retryAfter: '20' } },
};

/** How long lists may hide an instance without a second one being created. */
export const LAGS_MS = [1_000, 30_000, 80_000];

export function hiddenFor(ms: number): FaultRuleInput {
  return { method: 'POST', path: '/pods/', effect: { kind: 'HideCreated', ms } };
}

function refusals(table: Readonly<Record<string, readonly [status: number, detail: string]>>): FaultTable {
  return Object.fromEntries(
    Object.entries(table).map(([name, [status, detail]]) => [
      `create refused: ${name}`,
      { ...CREATE, effect: { kind: 'Answer', status, body: { detail } } },
    ]),
  );
}
