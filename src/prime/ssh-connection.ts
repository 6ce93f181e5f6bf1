import { isIP, isIPv6 } from 'node:net';
import type { PodPort, SshEndpoint } from '../lifecycle/provider.ts';

const DEFAULT_USER = 'root';
const DEFAULT_PORT = 22;
/** People paste the command into a shell, so a user name may hold nothing that a shell or ssh interprets. */
const SAFE_USER = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/;
const SAFE_HOST_NAME = /^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/;
/** Placeholders for an address that is not known yet. */
const NO_ADDRESS = new Set(['0.0.0.0', '::']);
/** No known shape is longer. Longer texts are ignored. */
const MAX_LENGTH = 400;

/** The fields of an instance that say how to reach it, as received. */
export interface Reachability {
  readonly sshConnection: unknown;
  readonly ip: unknown;
  readonly ports: readonly PodPort[];
}

/**
 * The SSH endpoint of an instance, or undefined while there is none.
 *
 * Accepts each shape that the API is known to send: text with or without `ssh `, `-p 22` or `:22`, lists of
 * one text per node (the first usable one counts), null and `[null]`. If the text has no host (`ubuntu@ -p
 * 22`) or is missing, `ip` and the SSH port mapping are used. Without any text, such a mapping is required.
 */
export function parseSshConnection(from: Reachability): SshEndpoint | undefined {
  const texts = toTexts(from.sshConnection);
  const targets = texts.map(parseTarget).filter((target) => target !== undefined);
  for (const { user, host, port } of targets) {
    if (host !== undefined) {
      return toEndpoint(user, host, port);
    }
  }
  return fromAddress(from, targets[0]);
}

/** The parts of a text. `host` is undefined in a placeholder. */
interface Target {
  readonly user?: string | undefined;
  readonly host?: string | undefined;
  readonly port?: number | undefined;
}

function fromAddress(from: Reachability, placeholder: Target | undefined): SshEndpoint | undefined {
  const host = toTexts(from.ip).find(isSafeHost);
  const mapped = from.ports.find((port) => port.usedBy?.toUpperCase() === 'SSH')?.external;
  if (host === undefined || (mapped === undefined && placeholder === undefined)) {
    return undefined;
  }
  return toEndpoint(placeholder?.user, host, mapped ?? placeholder?.port);
}

function toEndpoint(user = DEFAULT_USER, host: string, port = DEFAULT_PORT): SshEndpoint {
  return { user, host, port, command: `ssh ${user}@${host} -p ${String(port)}` };
}

function toTexts(value: unknown): string[] {
  const values: unknown[] = Array.isArray(value) ? value : [value];
  const texts = values.filter((item) => typeof item === 'string').map((item) => item.trim());
  return texts.filter((text) => text !== '' && text.length <= MAX_LENGTH);
}

/** `ssh -p 22 user@host` with the parts in any sequence. Any other option makes the text unusable. */
function parseTarget(text: string): Target | undefined {
  // "-p 22" and "-p22" each become one word.
  const words = text
    .replace(/^ssh(\s+|$)/i, '')
    .replaceAll(/(^|\s)-p\s*(?=\S)/g, '$1-p')
    .split(/\s+/);
  const isPort = (word: string): boolean => word.startsWith('-p');
  const [destination, ...others] = words.filter((word) => !isPort(word));
  if (destination === undefined || others.length > 0 || destination.startsWith('-')) {
    return undefined;
  }
  return parseDestination(destination, words.findLast(isPort)?.slice(2));
}

function parseDestination(destination: string, portOption: string | undefined): Target | undefined {
  const match = /^(?:([^@]*)@)?(.*)$/.exec(destination.replace(/^ssh:\/\//i, ''));
  const user = match?.[1];
  const [host, portSuffix] = splitHost(match?.[2] ?? '');
  const port = parsePort(portOption ?? portSuffix);
  if (port === 'invalid' || (user !== undefined && !SAFE_USER.test(user))) {
    return undefined;
  }
  if (host === '') {
    return { user, port };
  }
  return isSafeHost(host) ? { user, host, port } : undefined;
}

/** Splits `[2001:db8::1]:22`, `2001:db8::1`, `host:22` and `host` into host and port text. */
function splitHost(text: string): [host: string, port: string | undefined] {
  if (isIPv6(text)) {
    return [text, undefined];
  }
  const match = /^\[([^\]]*)\](?::(.*))?$/.exec(text) ?? /^([^:]*)(?::(.*))?$/.exec(text);
  return [match?.[1] ?? text, match?.[2]];
}

function parsePort(text: string | undefined): number | undefined | 'invalid' {
  if (text === undefined) {
    return undefined;
  }
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  return port >= 1 && port <= 65_535 ? port : 'invalid';
}

function isSafeHost(host: string): boolean {
  if (NO_ADDRESS.has(host) || host.includes('%')) {
    return false;
  }
  return isIP(host) !== 0 || SAFE_HOST_NAME.test(host);
}
