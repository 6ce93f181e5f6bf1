import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { stringify } from 'yaml';
import { GROUP, KIND } from '../../src/api/common/names.ts';

const FOLDER = 'deploy/gitops/argocd';
const DISCOVERY = 'discovery.lua';

export const ARGOCD_CM = `${FOLDER}/argocd-cm.yaml`;

const HEADER =
  '# Generated from the Lua files of this folder by `npm run generate`. Do not edit.\n' +
  '# kubectl patch configmap argocd-cm -n argocd --type merge --patch-file deploy/gitops/argocd/argocd-cm.yaml\n';

/** The settings of Argo CD for GpuPods, with the Lua files in it: each script has one source. */
export function argocdCm(): string {
  const folder = resolve(import.meta.dirname, '../..', FOLDER);
  const actions = resolve(folder, 'actions');
  const names = readdirSync(actions)
    .filter((name) => name.endsWith('.lua') && name !== DISCOVERY)
    .toSorted();
  const customization = {
    [DISCOVERY]: readFileSync(resolve(actions, DISCOVERY), 'utf8'),
    definitions: names.map((name) => ({
      name: name.replace(/\.lua$/, ''),
      'action.lua': readFileSync(resolve(actions, name), 'utf8'),
    })),
  };
  const configMap = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'argocd-cm', namespace: 'argocd' },
    data: {
      [`resource.customizations.health.${GROUP}_${KIND}`]: readFileSync(
        resolve(folder, 'health.lua'),
        'utf8',
      ),
      [`resource.customizations.actions.${GROUP}_${KIND}`]: stringify(customization, { lineWidth: 0 }),
    },
  };
  return HEADER + stringify(configMap, { lineWidth: 0 });
}
