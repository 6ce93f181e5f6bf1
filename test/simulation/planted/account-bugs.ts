import { Reservations } from '../../../src/accounts/sums/reservations.ts';
import { parseJson, isRecord, recordAt } from '../../../src/json.ts';
import type { KubernetesObject } from '../../../src/kubernetes/objects.ts';
import type { Plant } from '../operator-process.ts';
import { atProvider } from './planted-bug.ts';
import type { PlantedBug } from './planted-bug.ts';

const RETAINED = 'gpupod-operator-retained';
const ANOTHER = { kind: 'GpuAccount', name: 'another' };

/** Bugs about who pays, and up to which limits. */
export const ACCOUNT_BUGS: readonly PlantedBug[] = [
  {
    name: 'ignores the price limit of the account',
    plant: () => withoutLimit('maxPrice'),
    scenario: 'an account allows 2 USD/h per instance',
    oracles: ['limits'],
    violation: /the cap 3 of .* is above limits\.maxPrice 2/,
  },
  {
    name: 'ignores the limits of each namespace',
    plant: () => withoutLimit('perNamespace'),
    scenario: 'three GpuPods race for the last place of their namespace',
    oracles: ['limits'],
    violation: /above limits\.perNamespace\.maxInstances 2/,
  },
  {
    name: 'reserves only once the create intent is written',
    plant: () => ({}),
    install: reservingNothing,
    scenario: 'three GpuPods race for the last place of their account',
    oracles: ['limits'],
    violation: /above limits\.maxInstances 2/,
  },
  {
    name: 'charges a retained instance to another account after a restart',
    plant: mistakingPayers,
    scenario: 'a retained instance fills the namespace, and the process dies',
    oracles: ['limits'],
    violation: /above limits\.perNamespace\.maxInstances 2/,
  },
  {
    name: 'pays itself while the default account is suspended',
    plant: () => ({
      accounts: (real) => ({
        ...real,
        gpuAccounts: {
          list: () => real.gpuAccounts.list(),
          get: (key) => {
            const account = real.gpuAccounts.get(key);
            return recordAt(account, 'spec')['suspend'] === true ? undefined : account;
          },
        },
      }),
    }),
    scenario: 'a GpuPod is applied while its default account is suspended',
    oracles: ['wallet'],
    violation: /lets operator pay, which the spec did not fall on/,
  },
  {
    name: 'asks whose key an account has only once',
    plant: askingOnce,
    scenario: 'the Secret of an account has the key of another user for 10 min',
    oracles: ['wallet'],
    violation: /create request .* of user user_a has a key of user_b/,
  },
];

/** GpuPods do not see this limit of any account. */
function withoutLimit(field: string): Plant {
  const unlimited = (object: KubernetesObject): KubernetesObject => {
    const { [field]: _ignored, ...limits } = recordAt(recordAt(object, 'spec'), 'limits');
    return { ...object, ...{ spec: { ...recordAt(object, 'spec'), limits } } };
  };
  return {
    accounts: ({ gpuAccounts, ...rest }) => ({
      ...rest,
      gpuAccounts: {
        list: () => gpuAccounts.list().map(unlimited),
        get: (key) => {
          const account = gpuAccounts.get(key);
          return account === undefined ? undefined : unlimited(account);
        },
      },
    }),
  };
}

/** What fits is not set aside, so that it counts only once the API server has stored the create intent. */
function reservingNothing(): () => void {
  const { prototype } = Reservations;
  const real = Object.getOwnPropertyDescriptor(prototype, 'reserve');
  const reserve: unknown = real?.value;
  if (real === undefined || typeof reserve !== 'function') throw new Error('reservations do not reserve');
  prototype.reserve = function reserveNothing(this: Reservations, reserving): boolean {
    const isWithin = Reflect.apply(reserve, this, [reserving]) === true;
    this.settle(reserving.intent.name);
    return isWithin;
  };
  return () => {
    Object.defineProperty(prototype, 'reserve', real);
  };
}

/** The list of retained instances comes back with another account for each. */
function mistakingPayers(): Plant {
  const mistaken = (text: string): string => {
    const entry = parseJson(text);
    return isRecord(entry) ? JSON.stringify({ ...entry, payer: ANOTHER }) : text;
  };
  return {
    ports: (real) => ({
      ...real,
      configMaps: {
        ...real.configMaps,
        get: async (target) => {
          const found = await real.configMaps.get(target);
          if (found === undefined || target.name !== RETAINED) return found;
          const data = Object.entries(found.data).map(([key, text]) => [key, mistaken(text)]);
          return { ...found, data: Object.fromEntries(data) as Record<string, string> };
        },
      },
    }),
  };
}

/** Never asks again what the provider first said about the key. */
function askingOnce(): Plant {
  return atProvider((real) => {
    let first: Awaited<ReturnType<typeof real.whoami>> | undefined;
    return {
      whoami: async () => {
        if (first?.kind === 'ok') return first;
        first = await real.whoami();
        return first;
      },
    };
  });
}
