import { LEASE_ANNOTATIONS } from '../api/names.ts';
import type { Log } from '../kubernetes/log.ts';

/** For whom a process stands for election. */
export interface LeaseOwner {
  /** The Helm release, or whatever `--lease-owner` says; undefined: nobody said. */
  readonly owner: string | undefined;
  /** The namespace that is watched; undefined: all. */
  readonly watchNamespace: string | undefined;
}

const ALL_NAMESPACES = '*';

/** What a holder writes onto the lease about itself. */
export function ownerAnnotations({ owner, watchNamespace }: LeaseOwner): Record<string, string> {
  return {
    [LEASE_ANNOTATIONS.owner]: owner ?? '',
    [LEASE_ANNOTATIONS.watchNamespace]: watchNamespace ?? ALL_NAMESPACES,
  };
}

/**
 * Two installations in one namespace share its Lease and its record, so that only one of them works, and the GpuPods of
 * the other are served by nobody. A standby that waits behind another installation says so, instead of waiting for ever.
 */
export class LeaseOwnerWatch {
  readonly #self: LeaseOwner;
  readonly #where: string;
  readonly #log: Log;
  #told: string | undefined;
  #problem: string | undefined;

  constructor(self: LeaseOwner, where: string, log: Log) {
    this.#self = self;
    this.#where = where;
    this.#log = log;
  }

  /**
   * Why this process will never work as things are, for the readiness check. Only another owner counts: behind the
   * process that a rolling update replaces, a standby must be ready for the update to go on.
   */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Takes in the lease as another process holds it. */
  onHeldByOther(annotations: Readonly<Record<string, string>>): void {
    const holder = {
      owner: known(annotations[LEASE_ANNOTATIONS.owner]),
      scope: known(annotations[LEASE_ANNOTATIONS.watchNamespace]),
    };
    const relation = relationOf(this.#self, holder);
    const message = relation === 'same' ? undefined : this.#explain(holder);
    this.#problem = relation === 'otherOwner' ? message : undefined;
    if (message !== undefined && message !== this.#told) {
      this.#log.error({ holder, self: this.#self }, message);
    }
    this.#told = message;
  }

  /** This process leads. */
  onTaken(): void {
    this.#problem = undefined;
    this.#told = undefined;
  }

  #explain({ owner, scope }: Holder): string {
    const whose = owner === undefined ? 'an installation' : `the installation ${owner}`;
    const watched = scope === ALL_NAMESPACES ? 'all namespaces' : `namespace ${scope ?? '(unknown)'}`;
    return (
      `The Lease ${this.#where} is held by ${whose} that watches ${watched}. This process waits and serves no GpuPod. ` +
      'Install each operator in a namespace of its own.'
    );
  }
}

interface Holder {
  readonly owner: string | undefined;
  /** A namespace, or `*`. */
  readonly scope: string | undefined;
}

/** Where an owner is not known on both sides, only another scope tells that it is another installation. */
function relationOf(self: LeaseOwner, { owner, scope }: Holder): 'same' | 'otherOwner' | 'otherScope' {
  if (owner !== undefined && self.owner !== undefined) {
    return owner === self.owner ? 'same' : 'otherOwner';
  }
  const ownScope = self.watchNamespace ?? ALL_NAMESPACES;
  return scope === undefined || scope === ownScope ? 'same' : 'otherScope';
}

function known(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}
