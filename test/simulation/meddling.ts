import { ANNOTATIONS } from '../../src/api/common/names.ts';
import { lasting, NAME, specAt, statusChange } from './edits.ts';
import type { Action } from './edits.ts';
import { podIdOf, statusOf } from './readings.ts';

const BACKUP_FINALIZER = 'example.com/backup';

/** A copy whose create intent names a UID that no longer exists. */
export const copyForged: Action = (simulation, name = NAME) => {
  const intent = simulation.object(name)?.metadata.annotations?.[ANNOTATIONS.intent];
  const spec = specAt(simulation, name);
  if (spec === undefined || intent === undefined) return;
  const forged = intent.replace(/"uid":"[^"]*"/, '"uid":"nobody-any-more"');
  simulation.apply(`${name}-copy`, lasting(spec), { [ANNOTATIONS.intent]: forged }, 'team-b');
};

/** Another tool holds the object with a finalizer for a while. */
export const heldByAnother: Action = (simulation, name) => {
  const change = (to: (finalizers: readonly string[]) => string[]): void => {
    simulation.edit((object) => {
      const finalizers = to(object.metadata.finalizers ?? []);
      return { ...object, metadata: { ...object.metadata, finalizers } };
    }, name);
  };
  change((finalizers) => [...finalizers.filter((held) => held !== BACKUP_FINALIZER), BACKUP_FINALIZER]);
  simulation.later(300_000, () => {
    change((finalizers) => finalizers.filter((held) => held !== BACKUP_FINALIZER));
  });
};

/** The status names the instance of another GpuPod, and is restored a while later. */
export const nameAnother: Action = (simulation, name) => {
  const own = simulation.object(name);
  const other = simulation.objects().find(({ metadata }) => metadata.uid !== own?.metadata.uid);
  if (own === undefined || other === undefined || podIdOf(own) === undefined) return;
  // Once at a time, so that the restored ID is the GpuPod's own.
  if (simulation.objects().some((object) => object !== own && podIdOf(object) === podIdOf(own))) return;
  const { podId, podName } = statusOf(own);
  const theirs = statusOf(other);
  if (theirs['podId'] === undefined) return;
  statusChange({ podId: theirs['podId'], podName: theirs['podName'] })(simulation, name);
  simulation.later(2_000, () => {
    statusChange({ podId, podName })(simulation, name);
  });
};
