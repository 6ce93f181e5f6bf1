import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import * as z from 'zod';
import { ARGOCD_CM } from '../../../scripts/gitops/argocd-cm.ts';

const HEALTH = 'resource.customizations.health.gpupod.dev_GpuPod';
const ACTIONS = 'resource.customizations.actions.gpupod.dev_GpuPod';

const ConfigMap = z.strictObject({
  apiVersion: z.literal('v1'),
  kind: z.literal('ConfigMap'),
  metadata: z.strictObject({ name: z.literal('argocd-cm'), namespace: z.string() }),
  data: z.strictObject({ [HEALTH]: z.string(), [ACTIONS]: z.string() }),
});

const Actions = z.strictObject({
  'discovery.lua': z.string(),
  definitions: z.array(z.strictObject({ name: z.string(), 'action.lua': z.string() })),
});

export interface ArgoConfig {
  readonly health: string;
  readonly discovery: string;
  readonly actions: ReadonlyMap<string, string>;
}

/** The scripts as Argo CD reads them: from the ConfigMap that is applied, and not from the files it is made of. */
export function argoConfig(): ArgoConfig {
  const { data } = ConfigMap.parse(parse(readFileSync(ARGOCD_CM, 'utf8')));
  const actions = Actions.parse(parse(data[ACTIONS]));
  return {
    health: data[HEALTH],
    discovery: actions['discovery.lua'],
    actions: new Map(actions.definitions.map((action) => [action.name, action['action.lua']])),
  };
}
