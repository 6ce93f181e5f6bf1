import { isRecord, JSON_TYPE } from '../api/answer.ts';
import type { ApiAnswer } from '../api/answer.ts';
import type { Effect } from './effect.ts';

const HTML_PAGE = '<!doctype html><html><body><h1>Just a moment…</h1></body></html>';

/** The answer that a fault sends in place of the true one. */
export function faultyAnswer(effect: Extract<Effect, { kind: 'Answer' | 'AnswerAfter' }>): ApiAnswer {
  return {
    status: effect.status,
    contentType: effect.contentType ?? JSON_TYPE,
    headers: effect.headers ?? {},
    body: effect.body ?? (effect.contentType === undefined ? { detail: 'Injected fault' } : ''),
  };
}

type Row = Record<string, unknown>;

/** Changes the rows of both list formats. The legacy availability answer is an object and has none. */
function changeRows(answer: ApiAnswer, change: (rows: unknown[]) => unknown[]): ApiAnswer {
  if (!isRecord(answer.body)) {
    return answer;
  }
  const key = Array.isArray(answer.body['items']) ? 'items' : 'data';
  const rows: unknown = answer.body[key];
  if (!Array.isArray(rows)) {
    return answer;
  }
  return { ...answer, body: { ...answer.body, [key]: change(rows) } };
}

function changeObject(answer: ApiAnswer, change: (body: Row) => Row): ApiAnswer {
  return answer.status === 200 && isRecord(answer.body) ? { ...answer, body: change(answer.body) } : answer;
}

function rowId(row: unknown): string {
  return isRecord(row) ? String(row['podId'] ?? row['id']) : '';
}

function addToTotal(body: Row, add: number): Row {
  const key = 'totalCount' in body ? 'totalCount' : 'total_count';
  return { ...body, [key]: Number(body[key] ?? 0) + add };
}

function withTotal(body: Row, total: number): Row {
  return { ...body, ['totalCount' in body ? 'totalCount' : 'total_count']: total };
}

function rowsOf(body: Row): readonly unknown[] {
  const rows = body['items'] ?? body['data'];
  return Array.isArray(rows) ? rows : [];
}

function patchedRow(row: unknown, { ids, fields }: Extract<Effect, { kind: 'PatchRows' }>): unknown {
  return isRecord(row) && ids?.includes(rowId(row)) !== false ? { ...row, ...fields } : row;
}

function emptied(body: Row): Row {
  if (Array.isArray(body['items'])) {
    return { ...body, items: [], totalCount: 0 };
  }
  return Array.isArray(body['data'])
    ? { ...body, data: [], ...('total_count' in body ? { total_count: 0 } : {}) }
    : {};
}

function withoutId(body: Row): Row {
  return Object.fromEntries(Object.entries(body).filter(([key]) => key !== 'id'));
}

type Change = (answer: ApiAnswer) => ApiAnswer;

function changeOf(effect: Effect): Change | null {
  switch (effect.kind) {
    case 'AnswerAfter':
      return () => faultyAnswer(effect);
    case 'Html':
      return () => ({ status: 200, contentType: 'text/html', headers: {}, body: HTML_PAGE });
    case 'WithoutId':
      return (answer) => changeObject(answer, withoutId);
    case 'OtherName':
      return (answer) => changeObject(answer, (body) => ({ ...body, name: effect.name }));
    case 'Patch':
      return (answer) => changeObject(answer, (body) => ({ ...body, ...effect.fields }));
    default:
      return changeOfList(effect);
  }
}

function changeOfList(effect: Effect): Change | null {
  switch (effect.kind) {
    case 'ListTwice':
      return (answer) => changeRows(answer, (rows) => [...rows, ...rows.slice(0, 1)]);
    case 'OmitRows':
      return (answer) =>
        changeRows(answer, (rows) =>
          effect.ids === null ? [] : rows.filter((row) => effect.ids?.includes(rowId(row)) !== true),
        );
    case 'WrongTotal':
      return (answer) => changeObject(answer, (body) => addToTotal(body, effect.add));
    case 'TotalOfPage':
      return (answer) => changeObject(answer, (body) => withTotal(body, rowsOf(body).length));
    case 'TotalIs':
      return (answer) => changeObject(answer, (body) => withTotal(body, effect.total));
    case 'PatchRows':
      return (answer) => changeRows(answer, (rows) => rows.map((row) => patchedRow(row, effect)));
    case 'EmptyList':
      return (answer) => changeObject(answer, emptied);
    case 'AddRows':
      return (answer) => changeRows(answer, (rows) => [...effect.rows, ...rows]);
    default:
      return null;
  }
}

/** Applies all effects that change the content of an answer. */
export function changeAnswer(answer: ApiAnswer, effects: readonly Effect[]): ApiAnswer {
  return effects.reduce((current, effect) => changeOf(effect)?.(current) ?? current, answer);
}
