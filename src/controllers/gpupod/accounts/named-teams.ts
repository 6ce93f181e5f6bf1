/** Former teams without a known instance that are still listed, because an instance may show up late. */
const MAX_FORMER = 64;

/** What decides whether a former team is still listed. */
interface Evidence {
  /** Teams in which something counts that was not seen terminated. */
  readonly withInstances: ReadonlySet<string>;
  /** Teams whose list the provider refuses to the key. */
  readonly refused: ReadonlySet<string>;
}

/**
 * The teams that an account names, and those that it named while its session was open. Whoever edits the account chooses
 * how many, so those without instances are bounded. GpuPods keep the teams that they record in any case.
 */
export class NamedTeams {
  #named: ReadonlySet<string> = new Set();
  #former: readonly string[] = [];

  all(): readonly string[] {
    return [...this.#named, ...this.#former];
  }

  /**
   * Takes what the account names now.
   *
   * @returns true if a team is new
   */
  update(teamIds: readonly string[], evidence: () => Evidence): boolean {
    const before = new Set(this.all());
    const named = new Set(teamIds);
    const former = [...this.#former, ...this.#named].filter((teamId) => !named.has(teamId));
    this.#named = named;
    this.#former = former.length === 0 ? [] : stillListed(former, evidence());
    return teamIds.some((teamId) => !before.has(teamId));
  }
}

function stillListed(former: readonly string[], { withInstances, refused }: Evidence): readonly string[] {
  const isKept = (teamId: string): boolean => withInstances.has(teamId);
  const others = former.filter((teamId) => !isKept(teamId) && !refused.has(teamId));
  return [...former.filter(isKept), ...others.slice(-MAX_FORMER)];
}
