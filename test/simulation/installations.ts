import { judgeEnd } from './oracles.ts';
import type { Expectation, JudgedSimulation } from './oracles.ts';
import { Simulation } from './simulation.ts';
import type { SimulationOptions } from './simulation.ts';

/** Whether each installation has an API key, and so an account, of its own. */
export type Keys = 'own' | 'shared';

const MOST = 4;

/** The keys that the installations have if each has its own. */
const ACCOUNTS = Array.from({ length: MOST }, (_, index) => ({
  key: index === 0 ? 'test-key' : `test-key-${index + 1}`,
  userId: `user_${index === 0 ? 1 : index + 10}`,
}));

/** The namespace that an installation serves, counted from 0. */
export function servedNamespace(index: number): string {
  return `team-${index + 1}`;
}

/** The namespace of the operator itself. */
function operatorNamespace(index: number): string {
  return `gpupod-${index + 1}`;
}

/** The settings of one of several installations in a cluster. */
export function settingsOf(index: number, keys: Keys): NonNullable<SimulationOptions['settings']> {
  const id = `inst0${index + 1}`;
  const { key = '' } = ACCOUNTS[keys === 'own' ? index : 0] ?? {};
  return {
    installationId: id,
    acceptInstallation: id,
    orphanPolicy: 'Terminate',
    namespace: operatorNamespace(index),
    watchNamespaces: [servedNamespace(index)],
    key: { text: key, version: 1 },
  };
}

/** How several installations of one cluster differ from the usual simulation. */
export interface InstallationsOptions extends Pick<SimulationOptions, 'provider' | 'isTraced'> {
  readonly count: number;
  readonly keys: Keys;
  readonly faultPlanOf?: (index: number) => SimulationOptions['faultPlan'];
  readonly settings?: SimulationOptions['settings'];
}

/** Installations in one cluster, each with a namespace of its own, and the permissions for that namespace alone. */
export class Installations {
  readonly all: readonly Simulation[];
  readonly first: Simulation;

  constructor({ count, keys, provider, isTraced, faultPlanOf, settings }: InstallationsOptions) {
    const optionsOf = (index: number): SimulationOptions => ({
      seed: index + 1,
      faultPlan: faultPlanOf?.(index) ?? (() => []),
      settings: { ...settingsOf(index, keys), ...settings },
    });
    const shared = { provider: { accounts: ACCOUNTS, ...provider } };
    this.first = new Simulation({
      ...optionsOf(0),
      ...shared,
      ...(isTraced === undefined ? {} : { isTraced }),
    });
    const others = Array.from({ length: count - 1 }, (_, at) => at + 1);
    this.all = [
      this.first,
      ...others.map((index) => new Simulation({ ...optionsOf(index), besideInCluster: this.first })),
    ];
  }

  /** Starts all operators, and waits until they work. */
  async start(): Promise<void> {
    for (const installation of this.all) installation.startOperator();
    await this.first.pass(1_000);
  }

  /** The requests of one installation to the provider, by operation. */
  requestsOf(index: number, afterNumber = 0): Readonly<Record<string, number>> {
    const counts: Record<string, number> = {};
    const sent = this.all[index]?.sent;
    for (const { number, method, route } of this.first.api.requests.all({ afterNumber })) {
      const label = `${method} ${route ?? '?'}`;
      if (sent?.has(number) === true) counts[label] = (counts[label] ?? 0) + 1;
    }
    return counts;
  }

  /**
   * Judges each installation by what it serves, and all together as one cluster.
   *
   * @param expected of the first, which has the trouble
   */
  judge(expected: Expectation = {}): void {
    for (const installation of this.all) judgeEnd(installation, installation === this.first ? expected : {});
    judgeEnd(this.asOne(), expected);
  }

  /** At most one instance per GpuPod, whichever installation created it. */
  asOne(): JudgedSimulation {
    const { api, server, journal, foreignIds, othersIds } = this.first;
    return {
      ...{ api, server, journal, foreignIds, othersIds },
      installationIds: new Set(this.all.flatMap(({ installationIds }) => [...installationIds])),
      ownUsers: new Set(this.all.flatMap(({ ownUsers }) => [...ownUsers])),
    };
  }
}
