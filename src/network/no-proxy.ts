import { BlockList, isIPv4, isIPv6 } from 'node:net';

/** The host and port of a URL, as rules compare them. */
interface Target {
  /** In lower case, without brackets and without a final dot. */
  readonly host: string;
  readonly port: string;
}

type Rule = (target: Target) => boolean;

/**
 * The rules of NO_PROXY as curl and Go read them, separated by commas or spaces:
 *
 * - `*`: every host.
 * - `example.com`, `.example.com`: the host and all below it. `*.example.com`: all below it.
 * - `10.0.0.1`, `::1`: the address. `10.0.0.0/8`, `fd00::/8`: the range. Names are not resolved.
 * - Any host or address with a port applies to that port only: `example.com:8443`, `[::1]:8443`.
 */
export function readNoProxy(text: string): (url: URL) => boolean {
  const rules = text
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .map(ruleOf);
  return (url) => {
    const target = targetOf(url);
    return rules.some((rule) => rule(target));
  };
}

/** True for this host itself. */
export function isLoopback(url: URL): boolean {
  const { host } = targetOf(url);
  return host === 'localhost' || isInRange(LOOPBACK, host);
}

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

function targetOf({ hostname, port, protocol }: URL): Target {
  return {
    host: hostname
      .replace(/^\[|\]$/g, '')
      .replace(/\.$/, '')
      .toLowerCase(),
    port: port === '' ? (protocol === 'http:' ? '80' : '443') : port,
  };
}

function ruleOf(entry: string): Rule {
  if (entry === '*') {
    return () => true;
  }
  const range = rangeOf(entry);
  if (range !== undefined) {
    return ({ host }) => isInRange(range, host);
  }
  const { host, port } = splitPort(entry);
  const address = rangeOf(host);
  const isHost =
    address === undefined ? nameRule(host) : ({ host: other }: Target) => isInRange(address, other);
  return (target) => (port === undefined || port === target.port) && isHost(target);
}

function nameRule(name: string): Rule {
  const bare = name.replace(/^\*?\./, '').replace(/\.$/, '');
  if (bare === '') {
    return () => false;
  }
  return ({ host }) =>
    // Addresses have dots, too, but nothing is below them.
    familyOf(host) === undefined && (host.endsWith(`.${bare}`) || (host === bare && !name.startsWith('*.')));
}

/** An IPv6 address has colons, but no port unless it is in brackets. */
function splitPort(entry: string): { host: string; port?: string } {
  const match = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d+))?$/.exec(entry);
  if (match === null) {
    return { host: entry };
  }
  const [, bracketed, plain = '', port] = match;
  return { host: bracketed ?? plain, ...(port === undefined ? {} : { port }) };
}

/** A set of addresses, or undefined if the text is neither an address nor a range. */
function rangeOf(text: string): BlockList | undefined {
  const [address = '', bits, ...rest] = text.split('/');
  const family = familyOf(address);
  if (family === undefined || rest.length > 0) {
    return undefined;
  }
  const list = new BlockList();
  if (bits === undefined) {
    list.addAddress(address, family);
    return list;
  }
  const length = /^\d{1,3}$/.test(bits) ? Number(bits) : Infinity;
  if (length > (family === 'ipv4' ? 32 : 128)) {
    return undefined;
  }
  list.addSubnet(address, length, family);
  return list;
}

function isInRange(range: BlockList, host: string): boolean {
  const family = familyOf(host);
  return family !== undefined && range.check(host, family);
}

function familyOf(host: string): 'ipv4' | 'ipv6' | undefined {
  if (isIPv4(host)) {
    return 'ipv4';
  }
  return isIPv6(host) ? 'ipv6' : undefined;
}
