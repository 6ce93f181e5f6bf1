import { z } from 'zod';
import type { SimulatedApi } from '../api/simulated-api.ts';
import { faultRuleSchema } from '../faults/effect.ts';
import { INSTALLATION_STATUSES, POD_STATUSES } from '../world/enums.ts';
import { offerMatchSchema } from '../world/offer-book.ts';
import { offerSchema } from '../world/offer.ts';
import { plantPod, plantSchema } from '../world/plant-pod.ts';
import { SSH_SHAPES } from '../world/pod-rule.ts';
import { changeSettings } from '../world/settings.ts';

/** What a control request asks for. */
export interface ControlRequest {
  /** The part of the path that is called `:id`, if it has one. */
  readonly id: string;
  readonly query: URLSearchParams;
  /** The body by this schema; throws a ZodError or SyntaxError where it does not fit. */
  readonly body: <T>(schema: z.ZodType<T>) => T;
}

/** One way to steer the simulator, or to look into it. */
interface ControlEndpoint {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  /** What it does, for people. */
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
    does: 'the books: every pod ever created, which live, every DELETE, what it all cost',
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
    does: 'every request with its body and answer, and counts by operation; ?method=, ?path=, ?status=, ?afterNumber= pick some',
    handle: ({ requests }, { query }) => ({
      counts: requests.counts(),
      requests: requests.all(requestsSchema.parse(Object.fromEntries(query))),
    }),
  },
  {
    method: 'GET',
    path: '/_simulator/faults',
    does: 'the faults in force, and how often each fired',
    handle: ({ faults }) => faults.list(),
  },
  {
    method: 'GET',
    path: '/_simulator/settings',
    does: 'all settings as they are now',
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
    does: 'forgets the requests; their numbers go on',
    handle: ({ requests }) => {
      requests.clear();
      return {};
    },
  },
  {
    method: 'POST',
    path: '/_simulator/faults',
    does: 'adds a fault and answers its id',
    handle: ({ faults }, { body }) => ({ id: faults.add(body(faultRuleSchema)) }),
  },
  {
    method: 'DELETE',
    path: '/_simulator/faults',
    does: 'takes all faults back',
    handle: ({ faults }) => {
      faults.clear();
      return {};
    },
  },
  {
    method: 'DELETE',
    path: '/_simulator/faults/:id',
    does: 'takes one back',
    handle: ({ faults }, { id }) => {
      faults.clear(id);
      return {};
    },
  },
  {
    method: 'POST',
    path: '/_simulator/settings',
    does: 'changes the settings that are named, from the next request on',
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
      if (replace !== undefined) offers.replace(replace);
      offers.add(...add);
      const changed = change.map(({ match, set }) => offers.change(match, set));
      return { changed, removed: remove.map((match) => offers.remove(match)) };
    },
  },
  {
    method: 'POST',
    path: '/_simulator/pods',
    does: 'plants a pod that nobody ordered: {name, userId, teamId, status, cloudId}; answers its id',
    handle: ({ world }, { body }) => ({ id: plantPod(world, body(plantSchema)).id }),
  },
  {
    method: 'POST',
    path: '/_simulator/pods/:id/status',
    does: 'puts a pod into a state: {status, installationStatus, installationFailure, sshShape}',
    handle: ({ world }, { id, body }) => {
      world.pods.force(id, body(forcedSchema));
      return {};
    },
  },
  {
    method: 'POST',
    path: '/_simulator/pods/:id/name',
    does: 'renames a pod, as people do on the web page: {name}',
    handle: ({ world }, { id, body }) => {
      world.pods.rename(id, body(renameSchema).name);
      return {};
    },
  },
];

export const controlEndpoints: readonly ControlEndpoint[] = [...reading, ...writing];
