import * as z from 'zod';

const durationMs = z.number().min(0);

/** Every shape of `sshConnection` that the real service is known to send. */
export const SSH_SHAPES = [
  'UserHostPort', // root@1.2.3.4 -p 22022
  'UserHost', // ubuntu@1.2.3.4
  'UserHostColonPort', // ubuntu@1.2.3.4:2222
  'SshCommand', // ssh ubuntu@1.2.3.4 -p 2222
  'List', // ["root@…"]
  'ListOfNull', // [null]
  'Null',
  'HostMissing', // ubuntu@ -p 22, although ip and port mapping are set
] as const;

export type SshShape = (typeof SSH_SHAPES)[number];

/** What connections to the SSH port of an instance get. */
const SSH_SERVER_RULES = [
  'Serves',
  'Closes', // the connection is closed at once
  'Silent', // the connection stays open, and nothing is ever sent
] as const;

export type SshServerRule = (typeof SSH_SERVER_RULES)[number];

/** How the life cycle of an instance goes. */
const OUTCOMES = [
  'Ready',
  'StuckProvisioning',
  'StuckInstalling',
  'Error', // ERROR instead of ACTIVE
  'InstallFailed', // ACTIVE, installationStatus ERROR
  'FailureTextOnly', // ACTIVE and still installing, although a failure text is set
] as const;

/** How upstream providers write the names of their instances. */
const NAME_CASES = ['Kept', 'Upper', 'Lower'] as const;
/** When an instance first shows its price. */
const PRICE_SHOWN_FROM = ['Creation', 'Active', 'Never'] as const;

/**
 * An exception to the normal life cycle for the matching instances. An absent field means the setting of the
 * same name.
 */
export const podRuleSchema = z.strictObject({
  cloudId: z.string().optional().describe('only instances with this value'),
  provider: z.string().optional().describe('only instances with this value'),
  gpuType: z.string().optional().describe('only instances with this value'),
  nameIncludes: z.string().optional().describe('only instances whose name includes this text'),
  provisioningMs: durationMs.optional().describe('overrides the setting of this name'),
  pendingMs: durationMs.optional().describe('overrides the setting of this name'),
  installingMs: durationMs.optional().describe('overrides the setting of this name'),
  deletingMs: durationMs.optional().describe('overrides the setting of this name'),
  outcome: z.enum(OUTCOMES).optional().describe('how the life cycle goes'),
  lostAfterMs: durationMs
    .optional()
    .describe('how long after its creation the provider terminates the instance (spot loss)'),
  sshShape: z.enum(SSH_SHAPES).optional().describe('how sshConnection is written'),
  earlySshShape: z.enum(SSH_SHAPES).optional().describe('the shape for the first earlySshMs of ACTIVE'),
  earlySshMs: durationMs.optional().describe('see earlySshShape'),
  sshServer: z.enum(SSH_SERVER_RULES).optional().describe('with --ssh: what connections to the SSH port get'),
  sshLateMs: durationMs
    .optional()
    .describe('with --ssh: how long after ACTIVE the SSH port closes connections before it serves them'),
  priceShownFrom: z
    .enum(PRICE_SHOWN_FROM)
    .optional()
    .describe('priceHr is null before; the ledger always has the price'),
  priceShownLateMs: durationMs.optional().describe('with Active: how long after ACTIVE the price appears'),
  activePriceFactor: z.number().positive().optional().describe('price from ACTIVE on / price at creation'),
  nameMaxLength: z.int().min(0).optional().describe('answers cut the name to this many characters'),
  namePrefix: z.string().optional().describe('answers put this before the name'),
  nameCase: z.enum(NAME_CASES).optional().describe('how answers write the name'),
  nameShown: z.boolean().optional().describe('false: the name is null in every answer'),
});

export type PodRule = z.infer<typeof podRuleSchema>;
export type Outcome = (typeof OUTCOMES)[number];

/** What the rules match against. */
interface PodTraits {
  cloudId: string;
  provider: string;
  gpuType: string;
  name: string;
}

function fits(wanted: string | undefined, actual: string): boolean {
  return wanted === undefined || wanted === actual;
}

/** The first rule that matches the instance. */
export function findPodRule(rules: readonly PodRule[], pod: PodTraits): PodRule | undefined {
  return rules.find(
    (rule) =>
      fits(rule.cloudId, pod.cloudId) &&
      fits(rule.provider, pod.provider) &&
      fits(rule.gpuType, pod.gpuType) &&
      (rule.nameIncludes === undefined || pod.name.includes(rule.nameIncludes)),
  );
}
