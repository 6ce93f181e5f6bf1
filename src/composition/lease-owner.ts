import { LEASE_ANNOTATIONS } from '../api/common/names.ts';
import type { Log } from '../kubernetes/log.ts';

/** The installation that a process belongs to in the election. */
export interface LeaseOwner {
  /** The Helm release, or the value of `--lease-owner`; undefined: unknown. */
  readonly owner: string | undefined;
  /** The watched namespaces; none: all. */
  readonly watchNamespaces: readonly string[];
}

const ALL_NAMESPACES = '*';

/** The annotations with which a holder describes itself on the Lease. */
export function ownerAnnotations(self: LeaseOwner): Record<string, string> {
  return {
    [LEASE_ANNOTATIONS.owner]: self.owner ?? '',
    [LEASE_ANNOTATIONS.watchNamespaces]: scopeOf(self),
  };
}

/** The same text for the same namespaces, in whatever sequence they were given. */
function scopeOf({ watchNamespaces }: LeaseOwner): string {
  return watchNamespaces.length === 0 ? ALL_NAMESPACES : watchNamespaces.toSorted().join(',');
}

/**
 * Detects a second installation in the same namespace. Both share one Lease and one record, so only one of them
 * works, and nobody serves the GpuPods of the other. A standby behind another installation reports that, instead of
 * waiting without limit.
 */
export class LeaseOwnerWatch {
  readonly #self: LeaseOwner;
  readonly #where: string;
  readonly #log: Log;
  #reported: string | undefined;
  #problem: string | undefined;

  constructor(self: LeaseOwner, where: string, log: Log) {
    this.#self = self;
    this.#where = where;
    this.#log = log;
  }

  /**
   * Why this process can never lead as things are, for the readiness check. Only another owner counts: during a
   * rolling update the standby must become ready while the old process holds the Lease.
   */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Takes the annotations of a Lease that another process holds. */
  onHeldByOther(annotations: Readonly<Record<string, string>>): void {
    const holder = {
      owner: known(annotations[LEASE_ANNOTATIONS.owner]),
      scope: known(annotations[LEASE_ANNOTATIONS.watchNamespaces]),
    };
    const relation = relationOf(this.#self, holder);
    const message = relation === 'same' ? undefined : this.#explain(holder);
    this.#problem = relation === 'otherOwner' ? message : undefined;
    if (message !== undefined && message !== this.#reported) {
      this.#log.error({ holder, self: this.#self }, message);
    }
    this.#reported = message;
  }

  /** This process leads, so the problem is over. */
  onTaken(): void {
    this.#problem = undefined;
    this.#reported = undefined;
  }

  #explain({ owner, scope }: Holder): string {
    const whose = owner === undefined ? 'an installation' : `the installation ${owner}`;
    const names = (scope ?? '(unknown)').replaceAll(',', ', ');
    const watched = scope === ALL_NAMESPACES ? 'all namespaces' : `namespace ${names}`;
    return (
      `The Lease ${this.#where} is held by ${whose} that watches ${watched}. This process waits and serves no GpuPod. ` +
      'Install each operator in a namespace of its own.'
    );
  }
}

interface Holder {
  readonly owner: string | undefined;
  /** Namespaces with commas between them, or `*`. */
  readonly scope: string | undefined;
}

/** If an owner is unknown on either side, only a different scope shows that it is another installation. */
function relationOf(self: LeaseOwner, { owner, scope }: Holder): 'same' | 'otherOwner' | 'otherScope' {
  if (owner !== undefined && self.owner !== undefined) {
    return owner === self.owner ? 'same' : 'otherOwner';
  }
  return scope === undefined || scope === scopeOf(self) ? 'same' : 'otherScope';
}

function known(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}
