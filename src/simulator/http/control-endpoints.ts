import * as z from 'zod';
import type { SimulatedApi } from '../api/simulated-api.ts';
import { faultRuleSchema } from '../faults/effect.ts';
import { INSTALLATION_STATUSES, POD_STATUSES } from '../world/enums.ts';
import { offerMatchSchema } from '../world/offer-store.ts';
import { offerSchema } from '../world/offer.ts';
import { plantPod, plantSchema } from '../world/plant-pod.ts';
import { SSH_SHAPES } from '../world/pod-rule.ts';
import { changeSettings } from '../world/settings.ts';

/** A request to a control endpoint. */
export interface ControlRequest {
  /** The part of the path that is called `:id`, if there is one. */
  readonly id: string;
  readonly query: URLSearchParams;
  /** Parses the body. @throws ZodError or SyntaxError if it does not fit the schema. */
  readonly body: <T>(schema: z.ZodType<T>) => T;
}

/** One way to control or inspect the simulator. */
interface ControlEndpoint {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  /** What it does, for `--help` and the reference. */
  readonly does: string;
  readonly handle: (api: SimulatedApi, request: ControlRequest) => unknown;
}

const forcedSchema = z.strictObject({
  status: z.enum(POD_STATUSES),
  installationStatus: z.enum(INSTALLATION_STATUSES).optional(),
  installationFailure: z.string().optional(),
  sshShape: z.enum(SSH_SHAPES).optional(),
});

const renameSchema = z.strictObject({ name: z.string() });

const offersSchema = z.strictObject({
  add: z.array(offerSchema).default([]),
  replace: z.array(offerSchema).optional(),
  change: z
    .array(z.strictObject({ match: offerMatchSchema, set: z.record(z.string(), z.unknown()) }))
    .default([]),
  remove: z.array(offerMatchSchema).default([]),
});

const requestsSchema = z.strictObject({
  method: z.string().optional(),
  path: z.string().optional(),
  status: z.coerce.number<string>().int().optional(),
  afterNumber: z.coerce.number<string>().int().optional(),
});

const reading: readonly ControlEndpoint[] = [
  {
    method: 'GET',
    path: '/_simulator/ledger',
    does: 'the ledger: every instance ever created, the live ones, every DELETE, and the total cost',
    handle: ({ world: { ledger } }) => ({
      entries: ledger.entries(),
      live: ledger.live().map((entry) => entry.id),
      deletes: ledger.deletes,
      costUsd: ledger.costUsd(),
    }),
  },
  {
    method: 'GET',
    path: '/_simulator/requests',
    does: 'every request with its body and answer, and counts by operation; filters: ?method=, ?path=, ?status=, ?afterNumber=',
    handle: ({ requests }, { query }) => ({
      counts: requests.counts(),
      requests: requests.all(requestsSchema.parse(Object.fromEntries(query))),
    }),
  },
  {
    method: 'GET',
    path: '/_simulator/faults',
    does: 'the active faults, and how often each fired',
    handle: ({ faults }) => faults.list(),
  },
  {
    method: 'GET',
    path: '/_simulator/settings',
    does: 'the current settings',
    handle: ({ world }) => world.settings,
  },
  {
    method: 'GET',
    path: '/_simulator/offers',
    does: 'the rows on offer: gpus, multiNode, disks',
    handle: ({ world: { offers } }) => ({
      gpus: offers.gpus(),
      multiNode: offers.multiNode(),
      disks: offers.disks(),
    }),
  },
];

const writing: readonly ControlEndpoint[] = [
  {
    method: 'DELETE',
    path: '/_simulator/requests',
    does: 'deletes the requests; the numbering continues',
    handle: ({ requests }) => {
      requests.clear();
      return {};
    },
  },
  {
    method: 'POST',
    path: '/_simulator/faults',
    does: 'adds a fault and returns its ID',
    handle: ({ faults }, { body }) => ({ id: faults.add(body(faultRuleSchema)) }),
  },
  {
    method: 'DELETE',
    path: '/_simulator/faults',
    does: 'removes all faults',
    handle: ({ faults }) => {
      faults.clear();
      return {};
    },
  },
  {
    method: 'DELETE',
    path: '/_simulator/faults/:id',
    does: 'removes one fault',
    handle: ({ faults }, { id }) => {
      faults.clear(id);
      return {};
    },
  },
  {
    method: 'POST',
    path: '/_simulator/settings',
    does: 'changes the named settings, from the next request on',
    handle: ({ world }, { body }) => {
      changeSettings(world.settings, body(z.record(z.string(), z.unknown())));
      return world.settings;
    },
  },
  {
    method: 'POST',
    path: '/_simulator/offers',
    does: 'changes the market: {add: rows, change: [{match, set}], remove: [match], replace: rows}',
    handle: ({ world: { offers } }, { body }) => {
      const { add, replace, change, remove } = body(offersSchema);
      if (replace !== undefined) {
        offers.replace(replace);
      }
      offers.add(...add);
      const changed = change.map(({ match, set }) => offers.change(match, set));
      return { changed, removed: remove.map((match) => offers.remove(match)) };
    },
  },
  {
    method: 'POST',
    path: '/_simulator/pods',
    does: 'plants an instance that nobody requested: {name, userId, teamId, status, cloudId}; returns its ID',
    handle: ({ world }, { body }) => ({ id: plantPod(world, body(plantSchema)).id }),
  },
  {
    method: 'POST',
    path: '/_simulator/pods/:id/status',
    does: 'forces an instance into a state: {status, installationStatus, installationFailure, sshShape}',
    handle: ({ world }, { id, body }) => {
      world.pods.force(id, body(forcedSchema));
      return {};
    },
  },
  {
    method: 'POST',
    path: '/_simulator/pods/:id/name',
    does: 'renames an instance, as people do on the web page: {name}',
    handle: ({ world }, { id, body }) => {
      world.pods.rename(id, body(renameSchema).name);
      return {};
    },
  },
  {
    method: 'POST',
    path: '/_simulator/pods/:id/host-key',
    does: 'changes the SSH host key of an instance, as a new installation does',
    handle: ({ world }, { id }) => {
      world.pods.changeHostKey(id);
      return {};
    },
  },
];

export const controlEndpoints: readonly ControlEndpoint[] = [...reading, ...writing];
