import { systemClock } from '../clock.ts';
import type { Clock } from '../clock.ts';
import { SimulatedApi } from './api/simulated-api.ts';
import type { RequestLog } from './api/request-log.ts';
import type { FaultStore } from './faults/fault-store.ts';
import { createServer } from './http/server.ts';
import { DEFAULT_OFFERS_FILE, loadOffers } from './offers/load-offers.ts';
import type { SshOptions, SshServers } from './ssh/ssh-servers.ts';
import type { Ledger } from './world/ledger.ts';
import { offerCatalogueSchema } from './world/offer.ts';
import type { OfferCatalogue, OfferCatalogueInput } from './world/offer.ts';
import type { OfferStore } from './world/offer-store.ts';
import type { PodStore } from './world/pod-store.ts';
import { settingsSchema } from './world/settings.ts';
import type { Settings, SettingsInput } from './world/settings.ts';
import type { World } from './world/world.ts';

export interface SimulatorOptions {
  /** Default 0: a free port. */
  port?: number;
  /** Default 127.0.0.1. */
  host?: string;
  /** Default: the system clock. */
  clock?: Clock;
  /** Default 1. The same seed gives the same IDs and the same random faults. */
  seed?: number;
  settings?: SettingsInput;
  /** Rows, or a file with rows. Default: the catalogue that the simulator brings along. */
  offers?: OfferCatalogueInput | URL | string;
  /** Each ACTIVE instance has an SSH server of its own on loopback. Default: none has. */
  ssh?: SshOptions | undefined;
}

/** A running simulator. A change to any part takes effect with the next request. */
export interface Simulator {
  /** `http://127.0.0.1:port`, without `/api/v1`. */
  url: string;
  /** The key of the first account. */
  apiKey: string;
  world: World;
  ledger: Ledger;
  offers: OfferStore;
  pods: PodStore;
  /** Assign fields, or use `changeSettings`, which validates them. */
  settings: Settings;
  faults: FaultStore;
  requests: RequestLog;
  /** Absent without the option `ssh`. */
  ssh: SshServers | undefined;
  /** Closes the server and every connection, and cuts slow answers. */
  stop(): Promise<void>;
}

function catalogueOf(offers: SimulatorOptions['offers']): OfferCatalogue {
  if (offers === undefined) {
    return loadOffers(DEFAULT_OFFERS_FILE);
  }
  const isFile = typeof offers === 'string' || offers instanceof URL;
  return isFile ? loadOffers(offers) : offerCatalogueSchema.parse(offers);
}

/** The SSH servers of instances listen on loopback, so that is the address of all instances. */
function settingsOf({ settings, ssh }: SimulatorOptions): Settings {
  const parsed = settingsSchema.parse(settings ?? {});
  return ssh === undefined ? parsed : { ...parsed, sshHost: parsed.sshHost ?? '127.0.0.1' };
}

/**
 * Starts the simulated provider on loopback.
 *
 * @throws ZodError or Error if the settings or offers are invalid, or the port is in use.
 */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const { port = 0, host = '127.0.0.1', clock = systemClock, seed = 1 } = options;
  const settings = settingsOf(options);
  const catalogue = catalogueOf(options.offers);
  const api = new SimulatedApi({ clock, seed, settings, catalogue, ssh: options.ssh });
  const stopping = new AbortController();
  const server = createServer(api, clock, stopping.signal);
  const url = await server.listen({ port, host });
  void api.ssh?.watch(clock);
  const { world, faults, requests } = api;
  return {
    url,
    apiKey: settings.accounts[0]?.key ?? '',
    world,
    ledger: world.ledger,
    offers: world.offers,
    pods: world.pods,
    settings,
    faults,
    requests,
    ssh: api.ssh,
    async stop() {
      stopping.abort();
      await server.close();
      await api.ssh?.stop();
    },
  };
}
