import type { NamespaceSelector } from './spec.ts';

type Labels = Readonly<Record<string, string>>;
type Requirement = NonNullable<NamespaceSelector['matchExpressions']>[number];

/** Whether a label selector matches these labels, by the rules of Kubernetes. Absent: it matches nothing. */
export function selects(selector: NamespaceSelector | undefined, labels: Labels): boolean {
  if (selector === undefined) {
    return false;
  }
  const { matchLabels = {}, matchExpressions = [] } = selector;
  return (
    Object.entries(matchLabels).every(([name, value]) => valueOf(labels, name) === value) &&
    matchExpressions.every((requirement) => holds(requirement, labels))
  );
}

function holds({ key, operator, values = [] }: Requirement, labels: Labels): boolean {
  const value = valueOf(labels, key);
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
  }
}

/** A label may have the name of a member that every object has, such as `constructor`. */
function valueOf(labels: Labels, name: string): string | undefined {
  return Object.hasOwn(labels, name) ? labels[name] : undefined;
}
