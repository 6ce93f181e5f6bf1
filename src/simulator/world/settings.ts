import { z } from 'zod';
import { podRuleSchema } from './pod-rule.ts';

const durationMs = z.number().min(0);
const LOCATION_NEEDED_BY = [
  'lambdalabs',
  'datacrunch',
  'hyperstack',
  'crusoecloud',
  'nebius',
  'vultr',
  'dc_wildebeest',
  'oblivus',
  'massedcompute',
];

const accountSchema = z.strictObject({
  key: z.string().min(1).describe('the bearer token'),
  userId: z.string().min(1),
  teams: z.array(z.string()).default([]),
  scopes: z
    .record(z.string(), z.strictObject({ read: z.boolean(), write: z.boolean() }))
    .default({
      availability: { read: true, write: true },
      instances: { read: true, write: true },
      disks: { read: true, write: true },
      ssh_keys: { read: true, write: true },
    })
    .describe('a scope that is missing is refused'),
});

const templateSchema = z.strictObject({
  id: z.string(),
  providers: z.array(z.string()).nullable().default(null).describe('null = fits all'),
  gpuTypes: z.array(z.string()).nullable().default(null).describe('null = fits all'),
});

/**
 * All that can be switched, with defaults. Where the behaviour of the real service is not known the default is
 * the likelier reading, and the description says "open".
 */
export const settingsSchema = z.strictObject({
  timeScale: z.number().positive().default(1).describe('divides every duration of the life cycle'),
  provisioningMs: durationMs.default(5000).describe('time in PROVISIONING'),
  pendingMs: durationMs
    .default(0)
    .describe('time in PENDING between PROVISIONING and ACTIVE; 0 = never seen'),
  installingMs: durationMs.default(3000).describe('time in ACTIVE before installationStatus FINISHED'),
  deletingMs: durationMs.default(2000).describe('time in DELETING, which is still billed'),
  podRules: z
    .array(podRuleSchema)
    .default([])
    .describe('exceptions to the life cycle; the first that matches is used'),
  sshHost: z
    .string()
    .nullable()
    .default(null)
    .describe('address of every pod; null = one of 203.0.113.0/24 each'),

  accounts: z
    .array(accountSchema)
    .default([
      accountSchema.parse({ key: 'test-key', userId: 'user_1', teams: ['team_1', 'team_2'] }),
      accountSchema.parse({ key: 'other-key', userId: 'user_2', teams: ['team_2'] }),
    ])
    .describe('who may come: `{key, userId, teams, scopes}` each; a scope that is missing is refused'),
  missingScopeStatus: z.int().default(403).describe('open: status for a key without the scope'),
  foreignTeamStatus: z.int().default(403).describe('open: status of a create for a team one is not in'),
  walletUsd: z
    .record(z.string(), z.number())
    .default({})
    .describe('balance by user or team id; none = unlimited'),
  emptyWalletStatus: z.int().default(402).describe('open: 402 or 400 for a create on an empty wallet'),
  emptyWalletBody: z
    .enum(['Detail', 'ErrorObject'])
    .default('Detail')
    .describe('open: `{detail}`, or `{error: {message, type, code}}` as the inference API has it'),
  emptyWalletEndsPods: z.boolean().default(true).describe('at 0 USD running pods end without grace'),
  instanceLimit: z.int().min(0).nullable().default(null).describe('live pods of one user; null = none'),
  instanceLimitStatus: z.int().default(400).describe('open: status at the instance limit'),

  slash: z
    .enum(['Redirect', 'Direct'])
    .default('Redirect')
    .describe('open: 307 on the wrong slash, or served'),
  availabilityEndpoints: z
    .enum(['Both', 'LegacyOnly', 'CurrentOnly'])
    .default('Both')
    .describe('which of /availability/ and /availability/gpus there are'),
  strictEnums: z
    .boolean()
    .default(true)
    .describe('open: 422 for a GPU type or provider that is neither documented nor on offer'),
  bodyLimitBytes: z.int().positive().default(1_048_576).describe('larger request bodies get 413'),
  requestsPerSecond: z
    .number()
    .positive()
    .nullable()
    .default(null)
    .describe('open: global limit; null = none'),
  requestBurst: z.number().positive().default(10).describe('requests that may come at once'),
  retryAfterSeconds: z
    .number()
    .nullable()
    .default(null)
    .describe('Retry-After of the limit; null = no header'),

  listOrder: z.enum(['NewestFirst', 'OldestFirst']).default('NewestFirst').describe('open: of GET /pods/'),
  bareListIncludesTeamPods: z
    .boolean()
    .default(false)
    .describe('open: whether GET /pods/ without teamId shows pods of teams'),
  teamIdQueryHonoured: z.boolean().default(true).describe('open: GET /pods/?teamId=… lists that team'),
  leftTeamListStatus: z
    .int()
    .nullable()
    .default(null)
    .describe('open: status of GET /pods/?teamId=… for a team one is not in; null = an empty list'),
  shareSpelling: z
    .enum(['shared_with_team', 'sharedWithTeam', 'Both'])
    .default('shared_with_team')
    .describe('open: which spelling of a create is honoured; the other one is ignored'),
  afterDelete: z.enum(['NotFound', 'Terminated']).default('NotFound').describe('open: GET of an ended pod'),
  terminatedVisibleMs: durationMs
    .nullable()
    .default(null)
    .describe('open: with Terminated, how long until 404; null = for ever'),
  secondDelete: z.enum(['NotFound', 'Ok']).default('NotFound').describe('open: DELETE of an ended pod'),
  installationStatusShown: z.boolean().default(true).describe('old servers leave it out of /pods/status'),
  statusShowsPrice: z
    .boolean()
    .default(false)
    .describe('priceHr, costPerHr, primePortMapping in /pods/status'),

  maxPriceNeededBy: z
    .array(z.string())
    .default(['massedcompute'])
    .describe('providers that refuse a create without maxPrice'),
  dataCenterNeededBy: z
    .array(z.string())
    .default(LOCATION_NEEDED_BY)
    .describe('providers that refuse a create without dataCenterId'),
  maxPriceComparedWith: z
    .enum(['Total', 'Base'])
    .default('Total')
    .describe('open: the price with disk, vCPUs and memory, or without'),
  socketStrict: z.boolean().default(false).describe('open: refuse a create whose socket is not the offer’s'),
  envVarsRefusedBy: z.array(z.string()).default(['runpod']).describe('providers whose pods take no envVars'),
  templates: z
    .array(templateSchema)
    .default([templateSchema.parse({ id: 'cm2szl4a20001tl3pyq7ua6o7' })])
    .describe('custom templates: `{id, providers, gpuTypes}` each; null fits all'),
  templateNeedsListing: z
    .boolean()
    .default(false)
    .describe('open: custom_template only where the offer lists it; the guide uses it on one that does not'),
  consumeStock: z.boolean().default(false).describe('each live pod takes one piece of market.stock'),
  unavailableStatus: z.int().default(500).describe('create on a row with stock Unavailable'),
  soldOutStatus: z.int().default(400).describe('create on an offer that raced away'),
  soldOutDetail: z
    .string()
    .default('The selected offer is no longer available')
    .describe('open: text of a create on an offer that raced away'),
  soldOutDetailBy: z
    .record(z.string(), z.string())
    .default({})
    .describe('the same by provider, where it differs'),
  aboveMaxPriceDetail: z
    .string()
    .default('Offer price is above the specified max_price')
    .describe('open: text of a create above its maxPrice'),
  soldOutLeavesErrorPod: z
    .boolean()
    .default(false)
    .describe('open: a raced create leaves a billed pod in ERROR'),
});

export type Settings = z.infer<typeof settingsSchema>;
export type SettingsInput = z.input<typeof settingsSchema>;
export type Template = z.infer<typeof templateSchema>;
export type Account = z.infer<typeof accountSchema>;

/** Changes the settings in place; throws a ZodError that names every problem and changes nothing then. */
export function changeSettings(settings: Settings, change: Partial<SettingsInput>): void {
  Object.assign(settings, settingsSchema.parse({ ...settings, ...change }));
}
