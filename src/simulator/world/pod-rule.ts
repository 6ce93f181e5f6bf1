import { z } from 'zod';

const durationMs = z.number().min(0);

/** Every shape of `sshConnection` that was seen on the real service. */
export const SSH_SHAPES = [
  'UserHostPort', // root@1.2.3.4 -p 22022
  'UserHost', // ubuntu@1.2.3.4
  'UserHostColonPort', // ubuntu@1.2.3.4:2222
  'SshCommand', // ssh ubuntu@1.2.3.4 -p 2222
  'List', // ["root@…"]
  'ListOfNull', // [null]
  'Null',
  'HostMissing', // ubuntu@ -p 22, while ip and port mapping are there
] as const;

export type SshShape = (typeof SSH_SHAPES)[number];

/** How a pod's life goes. */
const OUTCOMES = [
  'Ready',
  'StuckProvisioning',
  'StuckInstalling',
  'Error', // ERROR instead of ACTIVE
  'InstallFailed', // ACTIVE, installationStatus ERROR
  'FailureTextOnly', // ACTIVE and still installing, and yet there is a text that says why it failed
] as const;

/** How upstreams write the names of their pods. */
const NAME_CASES = ['Kept', 'Upper', 'Lower'] as const;
/** When a pod first says what it costs. */
const PRICE_SHOWN_FROM = ['Creation', 'Active', 'Never'] as const;

/** An exception to the normal life of a pod, for the pods that match. Absent fields: the settings' own. */
export const podRuleSchema = z.strictObject({
  cloudId: z.string().optional().describe('only pods with this one'),
  provider: z.string().optional().describe('only pods with this one'),
  gpuType: z.string().optional().describe('only pods with this one'),
  nameIncludes: z.string().optional().describe('text in the name of the pod'),
  provisioningMs: durationMs.optional().describe('in place of the setting of this name'),
  pendingMs: durationMs.optional().describe('in place of the setting of this name'),
  installingMs: durationMs.optional().describe('in place of the setting of this name'),
  deletingMs: durationMs.optional().describe('in place of the setting of this name'),
  outcome: z.enum(OUTCOMES).optional().describe('how its life goes'),
  lostAfterMs: durationMs
    .optional()
    .describe('after creation the pod is TERMINATED by the provider (spot loss)'),
  sshShape: z.enum(SSH_SHAPES).optional().describe('how sshConnection is written'),
  earlySshShape: z.enum(SSH_SHAPES).optional().describe('the shape for the first earlySshMs of ACTIVE'),
  earlySshMs: durationMs.optional().describe('see earlySshShape'),
  priceShownFrom: z
    .enum(PRICE_SHOWN_FROM)
    .optional()
    .describe('priceHr is null before; the ledger has the price all the time'),
  priceShownLateMs: durationMs.optional().describe('with Active: so long after it is ACTIVE'),
  activePriceFactor: z.number().positive().optional().describe('price from ACTIVE on / price at creation'),
  nameMaxLength: z
    .int()
    .min(0)
    .optional()
    .describe('answers show so many characters of the name, cut at the end'),
  namePrefix: z.string().optional().describe('answers show this in front of the name'),
  nameCase: z.enum(NAME_CASES).optional().describe('answers show the name so'),
  nameShown: z.boolean().optional().describe('false: the name is null in every answer'),
});

export type PodRule = z.infer<typeof podRuleSchema>;
export type Outcome = (typeof OUTCOMES)[number];

/** What the rules are matched against. */
interface PodTraits {
  cloudId: string;
  provider: string;
  gpuType: string;
  name: string;
}

function fits(wanted: string | undefined, actual: string): boolean {
  return wanted === undefined || wanted === actual;
}

/** The first rule that fits the pod. */
export function findPodRule(rules: readonly PodRule[], pod: PodTraits): PodRule | undefined {
  return rules.find(
    (rule) =>
      fits(rule.cloudId, pod.cloudId) &&
      fits(rule.provider, pod.provider) &&
      fits(rule.gpuType, pod.gpuType) &&
      (rule.nameIncludes === undefined || pod.name.includes(rule.nameIncludes)),
  );
}
