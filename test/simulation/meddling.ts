import { ANNOTATIONS } from '../../src/api/common/names.ts';
import { lasting, NAME, specAt, statusChange } from './edits.ts';
import type { Doing } from './edits.ts';
import { podIdOf, statusOf } from './readings.ts';

const BACKUP_FINALIZER = 'example.com/backup';

/** A copy whose create intent names a UID that no longer exists. */
export const copyForged: Doing = (world, name = NAME) => {
  const intent = world.object(name)?.metadata.annotations?.[ANNOTATIONS.intent];
  const spec = specAt(world, name);
  if (spec === undefined || intent === undefined) return;
  const forged = intent.replace(/"uid":"[^"]*"/, '"uid":"nobody-any-more"');
  world.apply(`${name}-copy`, lasting(spec), { [ANNOTATIONS.intent]: forged }, 'team-b');
};

/** Another tool holds the object with a finalizer for a while. */
export const heldByAnother: Doing = (world, name) => {
  const change = (to: (finalizers: readonly string[]) => string[]): void => {
    world.edit((object) => {
      const finalizers = to(object.metadata.finalizers ?? []);
      return { ...object, metadata: { ...object.metadata, finalizers } };
    }, name);
  };
  change((finalizers) => [...finalizers.filter((held) => held !== BACKUP_FINALIZER), BACKUP_FINALIZER]);
  world.later(300_000, () => {
    change((finalizers) => finalizers.filter((held) => held !== BACKUP_FINALIZER));
  });
};

/** The status names the instance of another GpuPod, and is restored a while later. */
export const nameAnother: Doing = (world, name) => {
  const own = world.object(name);
  const other = world.objects().find(({ metadata }) => metadata.uid !== own?.metadata.uid);
  if (own === undefined || other === undefined || podIdOf(own) === undefined) return;
  // Once at a time, so that the restored ID is the GpuPod's own.
  if (world.objects().some((object) => object !== own && podIdOf(object) === podIdOf(own))) return;
  const { podId, podName } = statusOf(own);
  const theirs = statusOf(other);
  if (theirs['podId'] === undefined) return;
  statusChange({ podId: theirs['podId'], podName: theirs['podName'] })(world, name);
  world.later(2_000, () => {
    statusChange({ podId, podName })(world, name);
  });
};
