import type { PodPort } from '../lifecycle/provider.ts';
import { defined, isWord } from './schemas/common.ts';

const MAX_PORTS = 100;
/** A longer range is not a list of ports that somebody uses. */
const MAX_RANGE = 16;
const MAX_DEPTH = 4;
const MAX_URL_LENGTH = 1024;
const MAX_HOST_LENGTH = 253;
const WEB_PROTOCOLS: ReadonlySet<string> = new Set(['http:', 'https:', 'ws:', 'wss:']);
/** Characters that a shell, a quoted attribute or a terminal would interpret. */
const UNSAFE_URL = /[\s"'`<>\\^{}|;$\p{C}]/u;

type Row = Readonly<Record<string, unknown>>;

/**
 * The usable ports of `primePortMapping`. Accepts ports as numbers or strings, ranges, `host:port` and web
 * URLs, nested lists, and mappings as objects. Leaves out rows that map nothing (`*`) or that could run
 * something.
 */
export function parsePorts(mapping: unknown): PodPort[] {
  return rowsOf(mapping, 0).flatMap(portsOf).slice(0, MAX_PORTS);
}

function rowsOf(value: unknown, depth: number): readonly Row[] {
  if (typeof value !== 'object' || value === null || depth > MAX_DEPTH) {
    return [];
  }
  if (Array.isArray(value)) {
    return value.slice(0, MAX_PORTS).flatMap((item) => rowsOf(item, depth + 1));
  }
  const row = Object.fromEntries(Object.entries(value).slice(0, MAX_PORTS));
  if (Object.hasOwn(row, 'external') || Object.hasOwn(row, 'internal')) {
    return [row];
  }
  // `{"8888": "30888"}`, or rows under any key.
  return Object.entries(row).flatMap(([internal, external]) =>
    typeof external === 'object' ? rowsOf(external, depth + 1) : [{ internal, external }],
  );
}

function portsOf(row: Row): PodPort[] {
  const internal = rangeOf(row['internal']);
  const url = webUrl(row['external']);
  if (url !== undefined) {
    return [toPort(row, { internal: internal[0], url })];
  }
  const { host, ports } = placeOf(row['external']);
  return internal.length === ports.length
    ? internal.map((port, index) => toPort(row, { internal: port, external: ports[index], host }))
    : [];
}

interface Place {
  readonly internal: number | undefined;
  readonly external?: number | undefined;
  readonly host?: string | undefined;
  readonly url?: string;
}

/** The keys have a fixed sequence, because the connection Secret holds the ports as text. */
function toPort({ protocol, usedBy }: Row, { internal, external, host, url }: Place): PodPort {
  return {
    ...defined({ internal, external }),
    protocol: isWord(protocol) ? protocol : 'TCP',
    ...defined({ usedBy: isWord(usedBy) ? usedBy : undefined, host, url }),
  };
}

/** The ports of `8888`, `"8888"`, `"8888/tcp"` and `"8000-8003"`, or none for anything else. */
function rangeOf(value: unknown): readonly number[] {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?(?:\/(?:tcp|udp))?$/i.exec(textOf(value));
  const first = Number(match?.[1] ?? 0);
  const last = Number(match?.[2] ?? first);
  const isRange = first >= 1 && last <= 65_535 && last >= first && last - first < MAX_RANGE;
  return isRange ? Array.from({ length: last - first + 1 }, (_, index) => first + index) : [];
}

function textOf(value: unknown): string {
  return typeof value === 'number' ? String(value) : typeof value === 'string' ? value.trim() : '';
}

/** `203.0.113.7:30022`, `[2001:db8::1]:30022`, or ports alone. */
function placeOf(value: unknown): { readonly host?: string; readonly ports: readonly number[] } {
  const match =
    typeof value === 'string'
      ? /^(?:tcp:\/\/)?([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\]):(\d{1,5})$/.exec(value.trim())
      : null;
  const [, host, port] = match ?? [];
  // A longer name is none, and would make the whole status unwritable.
  return host === undefined || host.startsWith('-') || host.length > MAX_HOST_LENGTH
    ? { ports: rangeOf(value) }
    : { host: host.replace(/^\[|\]$/g, ''), ports: rangeOf(port) };
}

/** A URL that a browser may open as it is, without a user name and password. */
function webUrl(value: unknown): string | undefined {
  const text = typeof value === 'string' ? value.trim() : '';
  if (text.length > MAX_URL_LENGTH || UNSAFE_URL.test(text) || !URL.canParse(text)) {
    return undefined;
  }
  const url = new URL(text);
  return WEB_PROTOCOLS.has(url.protocol) && url.username === '' && url.password === '' ? text : undefined;
}
