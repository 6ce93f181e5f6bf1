import type { InstanceSnapshot, PodStatus } from '../lifecycle/provider.ts';
import { cleanText } from './error-text.ts';
import { parsePorts } from './ports.ts';
import type { ListedPod, PodDetails, PodStatusRow } from './schemas/pod.ts';
import { parseSshConnection } from './ssh-connection.ts';
import { defined } from './schemas/common.ts';

const STATUSES: ReadonlyMap<string, PodStatus> = new Map(
  (
    ['PROVISIONING', 'PENDING', 'ACTIVE', 'STOPPED', 'ERROR', 'DELETING', 'UNKNOWN', 'TERMINATED'] as const
  ).map((status) => [status, status]),
);

/** The snapshot from a row of the list, the answer to a create request, or one instance. */
export function snapshotFromPod(row: ListedPod): InstanceSnapshot {
  return { podId: row.id, ...defined({ name: row.name }), ...snapshotDetails(row) };
}

/** The snapshot from a row of `/pods/status`, which has no name. */
export function snapshotFromStatus(row: PodStatusRow): InstanceSnapshot {
  return { podId: row.podId, ...snapshotDetails(row) };
}

/** The API's words come in any case. */
function wordOf(text: string | undefined): string | undefined {
  return text?.trim().toUpperCase();
}

/** What servers write where they have nothing to say. */
const NO_WORD = /^(NONE|NULL|NIL|N\/?A|UNDEFINED|-+)?$/;
const WORD = /^[A-Z][A-Z _-]{0,63}$/;
/** Stands for something that is no word. No rule takes it for the end of an installation. */
const UNREADABLE = 'UNREADABLE';

/** The installation status, or undefined where the provider states none. */
function installationWord(said: unknown): string | undefined {
  if (said === undefined || said === null) {
    return undefined;
  }
  const word = typeof said === 'string' ? said.trim().toUpperCase() : UNREADABLE;
  if (NO_WORD.test(word)) {
    return undefined;
  }
  return WORD.test(word) ? word : UNREADABLE;
}

/** What servers write when nothing failed. */
const NO_FAILURE = /^(none|null|nil|n\/?a|no|no error|false|ok|success(ful)?|undefined|0|""|[-.]+)?$/i;

/** The failure text, or undefined for a text that says that nothing failed. */
function failureText(said: unknown): string | undefined {
  const isEmpty =
    said === undefined || said === null || (typeof said === 'object' && Object.keys(said).length === 0);
  if (isEmpty) {
    return undefined;
  }
  const text = cleanText(typeof said === 'string' ? said : JSON.stringify(said));
  return NO_FAILURE.test(text) ? undefined : text;
}

function snapshotDetails(row: PodDetails): Omit<InstanceSnapshot, 'podId' | 'name'> {
  const { sshConnection, ip, installationFailure, priceHr } = row;
  const ports = parsePorts(row.primePortMapping);
  return {
    status: STATUSES.get(wordOf(row.status) ?? '') ?? 'UNKNOWN',
    ports,
    ...defined({
      teamId: row.teamId,
      userId: row.userId,
      installationStatus: installationWord(row.installationStatus),
      installationFailure: failureText(installationFailure),
      installationProgress: row.installationProgress,
      ssh: parseSshConnection({ sshConnection, ip, ports }),
      priceUsdPerHour: priceHr !== undefined && priceHr > 0 ? priceHr : undefined,
      isSpot: row.isSpot,
      gpuCount: row.gpuCount,
      // The guide says gpuName. Offers and the create body say gpuType.
      gpuName: row.gpuName ?? row.gpuType,
      upstream: row.providerType,
      country: row.country,
      dataCenter: row.dataCenter ?? row.dataCenterId,
      createdAt: row.createdAt,
    }),
  };
}
