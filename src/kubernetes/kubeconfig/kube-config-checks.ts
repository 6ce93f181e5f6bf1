import { accessSync, constants } from 'node:fs';
import { stringAt } from '../../json.ts';
import { messageOf } from './kube-config-error.ts';
import type { ClusterEntry, UserEntry } from './kube-config-entries.ts';

/** A sentence for the user, or undefined if all is well. The sentences are those of kubectl where it has one. */
type Problem = string | undefined;

const PROXY_PROTOCOLS = new Set(['http:', 'https:', 'socks5:', 'socks5h:']);
/** What client-node can do. Any other provider would be ignored, and requests would be anonymous. */
const AUTH_PROVIDERS = new Set(['oidc', 'gcp', 'azure', 'tokenFile']);
const CONTROL_CHARACTERS = /\p{Cc}/u;

/** What is wrong with a cluster. */
export function clusterProblems(cluster: ClusterEntry): readonly string[] {
  const { name, server, caFile, caData, skipTLSVerify } = cluster;
  const isPlain = server.startsWith('http:');
  return found([
    serverProblem(cluster),
    when(
      isPlain && !skipTLSVerify,
      () => `cluster "${name}" is plain HTTP: set insecure-skip-tls-verify on it if that is intended`,
    ),
    when(
      skipTLSVerify && (caFile ?? caData) !== undefined,
      () => `cluster "${name}": specifying a root certificates file with the insecure flag is not allowed`,
    ),
    when(caData === undefined, () => unreadable('certificate-authority', caFile, name)),
    proxyProblem(cluster, isPlain),
  ]);
}

/** What is wrong with a user. Data counts before a file, so that the file may be missing. */
export function userProblems(user: UserEntry): readonly string[] {
  const { name, certFile, certData, keyFile, keyData, tokenFile, token, username, password } = user;
  const hasCertificate = (certFile ?? certData) !== undefined;
  const hasKey = (keyFile ?? keyData) !== undefined;
  return found([
    when(
      hasCertificate && !hasKey,
      () =>
        `client-key-data or client-key must be specified for ${name} to use the clientCert authentication method`,
    ),
    when(
      hasKey && !hasCertificate,
      () =>
        `client-certificate-data or client-certificate must be specified for ${name} to use its client key`,
    ),
    when(certData === undefined, () => unreadable('client-cert', certFile, name)),
    when(keyData === undefined, () => unreadable('client-key', keyFile, name)),
    when(token === undefined, () => unreadable('tokenFile', tokenFile, name)),
    when(
      (token ?? tokenFile) !== undefined && (username ?? password) !== undefined,
      () =>
        `more than one authentication method found for ${name}; found [token basicAuth], only one is allowed`,
    ),
    providerProblem(user),
    execProblem(user),
    impersonationProblem(user),
  ]);
}

function serverProblem({ name, server }: ClusterEntry): Problem {
  if (server === '') return `no server found for cluster "${name}"`;
  const protocol = URL.parse(server)?.protocol;
  return protocol === 'https:' || protocol === 'http:'
    ? undefined
    : `the server of cluster "${name}" is not a URL: "${server}"`;
}

/** The sentences do not repeat the URL, because it may hold a password. */
function proxyProblem({ name, proxyUrl }: ClusterEntry, isPlain: boolean): Problem {
  if (proxyUrl === undefined) return undefined;
  const protocol = URL.parse(proxyUrl)?.protocol;
  if (protocol === undefined) return `invalid proxy-url for cluster "${name}": it is not a URL`;
  if (!PROXY_PROTOCOLS.has(protocol)) {
    return `invalid proxy-url for cluster "${name}": unsupported scheme "${protocol.slice(0, -1)}", must be http, https, or socks5`;
  }
  return isPlain
    ? `cluster "${name}" is plain HTTP and has a proxy-url: the proxy could read the credentials; use an https:// server`
    : undefined;
}

function providerProblem({ name, authProvider }: UserEntry): Problem {
  if (authProvider === undefined) return undefined;
  const provider = stringAt(authProvider, 'name') ?? '';
  return AUTH_PROVIDERS.has(provider)
    ? undefined
    : `no Auth Provider found for name "${provider}" of ${name}`;
}

function execProblem({ name, exec, authProvider }: UserEntry): Problem {
  if (exec === undefined) return undefined;
  if (authProvider !== undefined) {
    return `authProvider cannot be provided in combination with an exec plugin for ${name}`;
  }
  if ((stringAt(exec, 'command') ?? '') === '') {
    return `command must be specified for ${name} to use exec authentication plugin`;
  }
  return stringAt(exec, 'interactiveMode') === 'Always'
    ? `the exec plugin of ${name} has interactiveMode Always, but the operator has no terminal`
    : undefined;
}

function impersonationProblem(user: UserEntry): Problem {
  const { name, impersonateUser, impersonateUid, impersonateGroups = [], impersonateExtra = {} } = user;
  const extra = Object.entries(impersonateExtra);
  const others = [impersonateUid ?? '', ...impersonateGroups, ...extra.flat(2)];
  if (impersonateUser === undefined && others.some((text) => text !== '')) {
    return `requesting uid, groups or user-extra for ${name} without impersonating a user`;
  }
  return [impersonateUser ?? '', ...others].some((text) => CONTROL_CHARACTERS.test(text))
    ? `the impersonation of ${name} contains control characters, which no header can carry`
    : undefined;
}

function unreadable(member: string, file: string | undefined, owner: string): Problem {
  if (file === undefined) return undefined;
  try {
    accessSync(file, constants.R_OK);
    return undefined;
  } catch (error) {
    return `unable to read ${member} ${file} for ${owner} due to ${messageOf(error)}`;
  }
}

function when(applies: boolean, problem: () => Problem): Problem {
  return applies ? problem() : undefined;
}

function found(problems: readonly Problem[]): readonly string[] {
  return problems.filter((problem) => problem !== undefined);
}
