import * as z from 'zod';
import { AnyName, BooleanLike, CountLike, Id, NumberLike, OptionalWord, Rows } from './common.ts';

/** 40, "40" or "40 %". */
const Percentage = z.preprocess(
  (said) => (typeof said === 'string' ? said.replace(/\s*%\s*$/, '') : said),
  NumberLike,
);

/**
 * The fields that all shapes of an instance share. Only the ID must be valid. Other invalid fields are left
 * out, because an instance that cannot be read would be overlooked.
 */
const PodDetails = z.object({
  teamId: OptionalWord.catch(undefined),
  userId: OptionalWord.catch(undefined),
  status: z.string().catch('UNKNOWN'),
  // Absent means done, so an unreadable one must not count as absent.
  installationStatus: z.unknown().optional(),
  installationFailure: z.unknown().optional(),
  installationProgress: Percentage.catch(undefined),
  sshConnection: z.unknown().optional(),
  ip: z.unknown().optional(),
  primePortMapping: z.unknown().optional(),
  priceHr: NumberLike.catch(undefined),
  isSpot: BooleanLike.catch(undefined),
  gpuCount: CountLike.catch(undefined),
  gpuName: OptionalWord.catch(undefined),
  gpuType: OptionalWord.catch(undefined),
  providerType: OptionalWord.catch(undefined),
  country: OptionalWord.catch(undefined),
  dataCenter: OptionalWord.catch(undefined),
  dataCenterId: OptionalWord.catch(undefined),
  createdAt: OptionalWord.catch(undefined),
});
export type PodDetails = z.infer<typeof PodDetails>;

/** A row of the list, one instance, or the answer to a create request. The name may be unreadable. */
export const ListedPod = PodDetails.extend({ id: Id, name: AnyName.optional().catch(undefined) });
export type ListedPod = z.infer<typeof ListedPod>;

/** A row of the list without an ID, with what else it says. */
export const UnidentifiedPod = z.object({ name: AnyName.optional().catch(undefined) }).catch({});

/** The fields that tell an instance from an error, which may have an ID too. */
export const PodShape = z.object({
  id: Id,
  name: z.string().optional().catch(undefined),
  status: z.string().optional().catch(undefined),
  providerType: z.string().optional().catch(undefined),
});

/** A row of `/pods/status`. */
export const PodStatusRow = PodDetails.extend({ podId: Id });
export type PodStatusRow = z.infer<typeof PodStatusRow>;

/** The whole answer of `/pods/status`. */
export const PodStatusAnswer = z.object({ data: Rows.nullable() });

/** A row of `/pods/history`. */
export const HistoryItem = z.object({
  id: Id,
  name: AnyName,
  type: OptionalWord.catch(undefined),
  createdAt: OptionalWord.catch(undefined),
  terminatedAt: OptionalWord.catch(undefined),
  totalBilledPrice: NumberLike.catch(undefined),
});
export type HistoryItem = z.infer<typeof HistoryItem>;
