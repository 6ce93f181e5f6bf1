import * as z from 'zod';
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
    .describe('a missing scope is refused'),
});

const templateSchema = z.strictObject({
  id: z.string(),
  providers: z.array(z.string()).nullable().default(null).describe('null = fits all'),
  gpuTypes: z.array(z.string()).nullable().default(null).describe('null = fits all'),
});

/**
 * All settings with defaults. If the behaviour of the real service is unknown, the description says "open"
 * and the default is the likelier behaviour.
 */
export const settingsSchema = z.strictObject({
  timeScale: z.number().positive().default(1).describe('divides every duration of the life cycle'),
  provisioningMs: durationMs.default(5000).describe('time in PROVISIONING'),
  pendingMs: durationMs
    .default(0)
    .describe('time in PENDING between PROVISIONING and ACTIVE; 0 = never shown'),
  installingMs: durationMs.default(3000).describe('time in ACTIVE before installationStatus FINISHED'),
  deletingMs: durationMs.default(2000).describe('time in DELETING, which is still billed'),
  podRules: z
    .array(podRuleSchema)
    .default([])
    .describe('exceptions to the life cycle; the first match counts'),
  sshHost: z
    .string()
    .nullable()
    .default(null)
    .describe('address of every instance; null = one of 203.0.113.0/24 each'),

  accounts: z
    .array(accountSchema)
    .default([
      accountSchema.parse({ key: 'test-key', userId: 'user_1', teams: ['team_1', 'team_2'] }),
      accountSchema.parse({ key: 'other-key', userId: 'user_2', teams: ['team_2'] }),
    ])
    .describe('the accounts, `{key, userId, teams, scopes}` each; a missing scope is refused'),
  missingScopeStatus: z.int().default(403).describe('open: status for a key without the scope'),
  foreignTeamStatus: z
    .int()
    .default(403)
    .describe('open: status of a create request for a team that the key does not belong to'),
  walletUsd: z
    .record(z.string(), z.number())
    .default({})
    .describe('balance by user or team ID; none = unlimited'),
  emptyWalletStatus: z
    .int()
    .default(402)
    .describe('open: 402 or 400 for a create request on an empty wallet'),
  emptyWalletBody: z
    .enum(['Detail', 'ErrorObject'])
    .default('Detail')
    .describe('open: `{detail}`, or `{error: {message, type, code}}` as the inference API has it'),
  emptyWalletEndsPods: z.boolean().default(true).describe('at 0 USD running instances terminate at once'),
  instanceLimit: z
    .int()
    .min(0)
    .nullable()
    .default(null)
    .describe('maximum number of live instances of one user; null = none'),
  sshKeyLimit: z
    .int()
    .min(0)
    .nullable()
    .default(null)
    .describe('open: maximum number of SSH keys of one user; null = none'),
  sameSshKeyTwice: z
    .enum(['Accept', 'Refuse'])
    .default('Accept')
    .describe('open: a second SSH key with the same type and data'),
  instanceLimitStatus: z.int().default(400).describe('open: status at the instance limit'),

  slash: z
    .enum(['Redirect', 'Direct'])
    .default('Redirect')
    .describe('open: 307 or an answer for a path with the wrong slash'),
  availabilityEndpoints: z
    .enum(['Both', 'LegacyOnly', 'CurrentOnly'])
    .default('Both')
    .describe('which of /availability/ and /availability/gpus exist'),
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

  listOrder: z
    .enum(['NewestFirst', 'OldestFirst'])
    .default('NewestFirst')
    .describe('open: the sequence of GET /pods/'),
  bareListIncludesTeamPods: z
    .boolean()
    .default(false)
    .describe('open: whether GET /pods/ without teamId shows instances of teams'),
  teamIdQueryHonoured: z.boolean().default(true).describe('open: GET /pods/?teamId=… lists that team'),
  leftTeamListStatus: z
    .int()
    .nullable()
    .default(null)
    .describe(
      'open: status of GET /pods/?teamId=… for a team that the key does not belong to; null = an empty list',
    ),
  shareSpelling: z
    .enum(['shared_with_team', 'sharedWithTeam', 'Both'])
    .default('shared_with_team')
    .describe('open: which spelling a create request may use; the other one is ignored'),
  afterDelete: z
    .enum(['NotFound', 'Terminated'])
    .default('NotFound')
    .describe('open: GET of a terminated instance'),
  terminatedVisibleMs: durationMs
    .nullable()
    .default(null)
    .describe('open: with Terminated, how long until 404; null = always found'),
  secondDelete: z
    .enum(['NotFound', 'Ok'])
    .default('NotFound')
    .describe('open: DELETE of a terminated instance'),
  installationStatusShown: z.boolean().default(true).describe('old servers leave it out of /pods/status'),
  statusShowsPrice: z
    .boolean()
    .default(false)
    .describe('priceHr, costPerHr, primePortMapping in /pods/status'),

  maxPriceNeededBy: z
    .array(z.string())
    .default(['massedcompute'])
    .describe('upstream providers that refuse a create request without maxPrice'),
  dataCenterNeededBy: z
    .array(z.string())
    .default(LOCATION_NEEDED_BY)
    .describe('upstream providers that refuse a create request without dataCenterId'),
  maxPriceComparedWith: z
    .enum(['Total', 'Base'])
    .default('Total')
    .describe('open: the price with disk, vCPUs and memory, or without'),
  socketStrict: z
    .boolean()
    .default(false)
    .describe('open: refuse a create request whose socket differs from the offer'),
  envVarsRefusedBy: z
    .array(z.string())
    .default(['runpod'])
    .describe('upstream providers that refuse envVars'),
  templates: z
    .array(templateSchema)
    .default([templateSchema.parse({ id: 'cm2szl4a20001tl3pyq7ua6o7' })])
    .describe('custom templates, `{id, providers, gpuTypes}` each; null fits all'),
  templateNeedsListing: z
    .boolean()
    .default(false)
    .describe(
      'open: refuse custom_template if the offer does not list it; the guide uses it on one that does not',
    ),
  consumeStock: z.boolean().default(false).describe('each live instance takes one from market.stock'),
  unavailableStatus: z
    .int()
    .default(500)
    .describe('status of a create request for a row with stock Unavailable'),
  soldOutStatus: z.int().default(400).describe('status of a create request for an offer that raced away'),
  soldOutDetail: z
    .string()
    .default('The selected offer is no longer available')
    .describe('open: text for a create request whose offer raced away'),
  soldOutDetailBy: z
    .record(z.string(), z.string())
    .default({})
    .describe('the same by upstream provider, if it differs'),
  aboveMaxPriceDetail: z
    .string()
    .default('Offer price is above the specified max_price')
    .describe('open: text for a create request above its maxPrice'),
  soldOutLeavesErrorPod: z
    .boolean()
    .default(false)
    .describe('open: a create request whose offer raced away leaves a billed instance in ERROR'),
});

export type Settings = z.infer<typeof settingsSchema>;
export type SettingsInput = z.input<typeof settingsSchema>;
export type Template = z.infer<typeof templateSchema>;
export type Account = z.infer<typeof accountSchema>;

/** Changes the settings in place. @throws ZodError that names every problem, and changes nothing then. */
export function changeSettings(settings: Settings, change: Partial<SettingsInput>): void {
  Object.assign(settings, settingsSchema.parse({ ...settings, ...change }));
}
