import { ApiStatusError } from '../../src/kubernetes/client/api-errors.ts';
import type { KubernetesObject, RawObject } from '../../src/kubernetes/objects.ts';
import type { MetadataPatch, NewObject, ObjectName } from '../../src/kubernetes/client/resource-client.ts';
import type { Kind, SimulatedApiServer, WithStatus } from './simulated-api-server.ts';

/** What the processes of an operator call. */
export type ServerCalls = Pick<
  SimulatedApiServer,
  | 'get'
  | 'list'
  | 'create'
  | 'patchMetadata'
  | 'replaceStatus'
  | 'replace'
  | 'applyFinalizers'
  | 'edit'
  | 'delete'
>;

interface Parts {
  readonly server: SimulatedApiServer;
  /** The watched namespaces, and that of the operator. */
  readonly namespaces: readonly string[];
  /** Called with each call that an operator with these permissions has no reason to try. */
  readonly onTrespass: (what: string) => void;
}

/**
 * The API server with the permissions that the chart grants with `watchNamespaces`: those namespaces, and no
 * cluster-scoped object. The operator finds out by trying whether it may list all GpuPods and read `kube-system`.
 */
class PermittedCalls implements ServerCalls {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  get(kind: Kind, target: ObjectName): RawObject | undefined {
    return this.#in(`get ${kind}`, target.namespace).get(kind, target);
  }

  list(kind: Kind, namespace?: string): RawObject[] {
    return this.#in(`list ${kind}`, namespace).list(kind, namespace);
  }

  create(kind: Kind, namespace: string | undefined, body: NewObject, by: string): RawObject {
    return this.#in(`create ${kind}`, namespace).create(kind, namespace, body, by);
  }

  patchMetadata(patch: MetadataPatch, by: string, kind: Kind = 'gpupods'): RawObject {
    return this.#in(`patch ${kind}`, patch.namespace).patchMetadata(patch, by, kind);
  }

  replaceStatus(
    object: KubernetesObject & { readonly status?: unknown },
    by: string,
    kind: WithStatus = 'gpupods',
  ): RawObject {
    return this.#in(`update ${kind}/status`, object.metadata.namespace).replaceStatus(object, by, kind);
  }

  replace(kind: Kind, object: RawObject, by: string): RawObject {
    return this.#in(`update ${kind}`, object.metadata.namespace).replace(kind, object, by);
  }

  applyFinalizers(secret: ObjectName & { uid: string }, finalizers: readonly string[], by: string): void {
    this.#in('apply secrets', secret.namespace).applyFinalizers(secret, finalizers, by);
  }

  edit(kind: Kind, target: ObjectName, change: (object: RawObject) => RawObject, by: string): RawObject {
    return this.#in(`patch ${kind}`, target.namespace).edit(kind, target, change, by);
  }

  delete(kind: Kind, target: ObjectName, by: string, uid?: string): boolean {
    return this.#in(`delete ${kind}`, target.namespace).delete(kind, target, by, uid);
  }

  /** The server, if this namespace is one of those. */
  #in(what: string, namespace: string | undefined): SimulatedApiServer {
    const { server, namespaces, onTrespass } = this.#parts;
    if (namespace !== undefined && namespaces.includes(namespace)) return server;
    const where = namespace === undefined ? 'in the whole cluster' : `in namespace ${namespace}`;
    if (namespace !== undefined || !ALLOWED_TRIES.has(what)) onTrespass(`${what} ${where}`);
    throw new ApiStatusError(403, 'Forbidden', `cannot ${what} ${where}`);
  }
}

/** `kube-system` is the only namespace object that it reads, and no other call is refused without fault. */
const ALLOWED_TRIES: ReadonlySet<string> = new Set(['list gpupods', 'get namespaces']);

/** The API server as an operator with these settings may call it. What it has no reason to try is a violation. */
export function permittedCalls({ server, settings, journal }: PermittedSimulation): ServerCalls {
  const { namespace, watchNamespaces } = settings;
  if (watchNamespaces.length === 0) return server;
  return new PermittedCalls({
    server,
    namespaces: [namespace, ...watchNamespaces],
    onTrespass: (what) => {
      journal.addViolation('trespass', `an operator in ${namespace} tried to ${what}`);
    },
  });
}

interface PermittedSimulation {
  readonly server: SimulatedApiServer;
  readonly settings: { readonly namespace: string; readonly watchNamespaces: readonly string[] };
  readonly journal: { addViolation(oracle: string, message: string): void };
}
