import * as z from 'zod';
import { DURATION_PATTERN, formatDuration, parseDurationMs } from '../api/common/duration.ts';
import { rangeOf } from '../network/address-range.ts';
import { capToMicros } from '../offers/money.ts';
import type { MicroUsd } from '../offers/money.ts';
import type { JsonSchema, Kind } from './setting.ts';

/** The value of a text, or a problem. */
type Reading<T> = { readonly value: T } | { readonly problem: string };

interface Bounds {
  readonly min: number;
  readonly max: number;
}

const NUMBER_PATTERN = /^\d{1,9}(\.\d{1,9})?$/;
const MIN_USD = 0.01;
/** More than any account can pay, so a larger number is a typing error. */
const MAX_USD = 1_000_000;

/** `90s`, `1h30m`, as milliseconds. */
export function duration(minMs: number): Kind<number> {
  return kind('duration', { type: 'string', pattern: DURATION_PATTERN }, (text) => {
    const ms = parseDurationMs(text);
    if (ms === undefined) {
      return { problem: `"${text}" is not a duration; write it as in 90s, 1h30m or 250ms` };
    }
    return ms < minMs ? { problem: `must be at least ${formatDuration(minMs)}, not ${text}` } : { value: ms };
  });
}

export function wholeNumber(bounds: Bounds): Kind<number> {
  return kind('number', numberSchema('integer', bounds), (text) => {
    const reading = readNumber(text, bounds);
    return 'value' in reading && !Number.isInteger(reading.value)
      ? { problem: `"${text}" is not a whole number` }
      : reading;
  });
}

export function decimal(bounds: Bounds): Kind<number> {
  return kind('number', numberSchema('number', bounds), (text) => readNumber(text, bounds));
}

/** An amount that may be spent, rounded down to whole micro-dollars. */
export function usd(): Kind<MicroUsd> {
  const bounds = { min: MIN_USD, max: MAX_USD };
  return kind('usd', numberSchema('number', bounds), (text) => {
    const reading = readNumber(text, bounds);
    return 'value' in reading ? { value: capToMicros(reading.value) } : reading;
  });
}

/** `true` or `false`. The flag alone means true, and `--no-…` means false. */
export function onOff(): Kind<boolean> {
  const onOffKind = kind('true|false', { enum: [true, false, 'true', 'false'] }, (text) =>
    text === 'true' || text === 'false'
      ? { value: text === 'true' }
      : { problem: `"${text}" is neither true nor false` },
  );
  return { ...onOffKind, isSwitch: true };
}

export function choice<const T extends string>(choices: readonly [T, ...T[]]): Kind<T> {
  return kind(choices.join('|'), { enum: choices }, (text) => {
    const value = choices.find((one) => one === text);
    return value === undefined ? { problem: `"${text}" is not one of ${choices.join(', ')}` } : { value };
  });
}

/** `auto`, `true` or `false`. The flag alone means true, and `--no-…` means false. */
export function onOffOrAuto(): Kind<'auto' | 'true' | 'false'> {
  return { ...choice(['auto', 'true', 'false']), isSwitch: true };
}

/** Words separated by commas, or none. Spaces around them do not count. */
export function wordList({ pattern, meaning }: ListRule = ANY_WORDS): Kind<readonly string[]> {
  return listOf({ isRight: (word) => pattern.test(word), meaning });
}

/** Some of these words, with commas between them. */
export function choices<const T extends string>(all: readonly [T, ...T[]]): Kind<readonly T[]> {
  const listKind = kind(
    'list',
    { type: ['string', 'array'], items: { enum: all } },
    (text): Reading<readonly T[]> => {
      const words = text === '' ? [] : text.split(',').map((one) => one.trim());
      const unknown = words.find((one) => all.every((known) => known !== one));
      return unknown === undefined
        ? { value: all.filter((known) => words.includes(known)) }
        : { problem: `"${unknown}" is not one of ${all.join(', ')}` };
    },
  );
  return { ...listKind, isList: true };
}

export interface ListRule {
  /** Each word matches it. */
  readonly pattern: RegExp;
  /** What the whole list is: "words with one comma between each two". */
  readonly meaning: string;
}

/** Ranges of addresses separated by commas, or none: `10.0.0.0/8`. */
export function cidrList(): Kind<readonly string[]> {
  return listOf({
    isRight: (text) => rangeOf(text) !== undefined,
    meaning: 'ranges of addresses such as 10.0.0.0/8, with one comma between each two',
  });
}

function listOf({ isRight, meaning }: ItemRule): Kind<readonly string[]> {
  const listKind = kind(
    'list',
    { type: ['string', 'array'], items: { type: 'string' } },
    (text): Reading<readonly string[]> => {
      const items = text === '' ? [] : text.split(',').map((one) => one.trim());
      return items.every(isRight) ? { value: [...new Set(items)] } : { problem: `must be ${meaning}` };
    },
  );
  return { ...listKind, isList: true };
}

interface ItemRule {
  readonly isRight: (item: string) => boolean;
  /** What the whole list is. */
  readonly meaning: string;
}

const ANY_WORDS: ListRule = { pattern: /^\S+$/, meaning: 'words with one comma between each two' };

export interface WordRule {
  readonly placeholder: string;
  readonly pattern: RegExp;
  /** What the pattern means: "six lower-case letters or digits". */
  readonly meaning: string;
}

export function word({ placeholder, pattern, meaning }: WordRule): Kind<string> {
  return kind(placeholder, { type: 'string', pattern: pattern.source }, (text) =>
    pattern.test(text) ? { value: text } : { problem: `must be ${meaning}` },
  );
}

/** Where to listen, or undefined to listen nowhere. */
export type ListenAddress = { readonly host: string; readonly port: number } | undefined;

const MAX_PORT = 65_535;

const ADDRESS_PATTERN = /^(?:\[(?<ipv6>[0-9a-fA-F:.]+)\]|(?<name>[^:[\]\s]*)):(?<port>\d{1,5})$/;
/** All interfaces, including IPv4. */
const ANY_HOST = '::';

/** `0.0.0.0:8080`, `[::]:8080`, `:8080` or `off`. */
export function listenAddress(): Kind<ListenAddress> {
  return kind('host:port|off', { type: 'string' }, (text) =>
    text === 'off' ? { value: undefined } : readAddress(text),
  );
}

function readAddress(text: string): Reading<ListenAddress> {
  const { ipv6, name, port } = ADDRESS_PATTERN.exec(text)?.groups ?? {};
  if (port === undefined || Number(port) > MAX_PORT) {
    return { problem: `"${text}" is not an address; write it as in 0.0.0.0:8080, [::]:8080, or off` };
  }
  const host = [ipv6, name].find((part) => part !== undefined && part !== '') ?? ANY_HOST;
  return { value: { host, port: Number(port) } };
}

function readNumber(text: string, { min, max }: Bounds): Reading<number> {
  if (!NUMBER_PATTERN.test(text)) {
    return { problem: `"${text}" is not a number` };
  }
  const value = Number(text);
  return value < min || value > max
    ? { problem: `must be between ${min} and ${max}, not ${text}` }
    : { value };
}

/** A number, or a text with one: `12.50` in a values file is a number, with --set it is a text. */
function numberSchema(type: 'number' | 'integer', { min, max }: Bounds): JsonSchema {
  return { type: [type, 'string'], minimum: min, maximum: max, pattern: NUMBER_PATTERN.source };
}

function kind<T>(placeholder: string, accepts: JsonSchema, read: (text: string) => Reading<T>): Kind<T> {
  return {
    placeholder,
    accepts,
    schema: () =>
      z.string().transform((text, context): T => {
        const reading = read(text.trim());
        if ('value' in reading) {
          return reading.value;
        }
        context.issues.push({ code: 'custom', message: reading.problem, input: text });
        return z.NEVER;
      }),
  };
}
