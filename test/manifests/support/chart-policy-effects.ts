import { expect } from '@jest/globals';
import { NAMESPACE } from './chart-effects.ts';
import type { Effect } from './chart-effects.ts';

/** The policies of accounts and Secrets. */
export const POLICY_EFFECTS: readonly Effect[] = [
  {
    // Only its own namespace and those that it watches, and no ClusterGpuAccounts, which are another installation's.
    sets: ['watchNamespaces={team-a}', 'admissionPolicy.enabled=true'],
    kind: 'ValidatingAdmissionPolicy',
    name: `${NAMESPACE}-gpupod-operator-accounts`,
    expected: {
      spec: {
        matchConstraints: {
          namespaceSelector: { matchExpressions: [{ values: ['team-a'] }] },
          resourceRules: [{ resources: ['gpuaccounts', 'gpuaccounts/status'] }],
        },
      },
    },
  },
  {
    sets: ['watchNamespaces={team-a}', 'admissionPolicy.enabled=true'],
    kind: 'ValidatingAdmissionPolicy',
    name: `${NAMESPACE}-gpupod-operator-secrets`,
    expected: {
      spec: {
        matchConstraints: { namespaceSelector: { matchExpressions: [{ values: ['team-a', NAMESPACE] }] } },
      },
    },
  },
  {
    sets: ['enabled=true', 'alsoAllow[0]=al', 'backupGroups[0]=b'].map((set) => `admissionPolicy.${set}`),
    kind: 'ValidatingAdmissionPolicy',
    name: `${NAMESPACE}-gpupod-operator-accounts`,
    expected: {
      spec: {
        matchConditions: [
          { expression: expect.stringContaining('"al"') },
          { expression: expect.stringContaining('in ["b"]') },
        ],
      },
    },
  },
];
