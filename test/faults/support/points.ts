import { isRecord, recordAt, stringAt } from '../../../src/json.ts';
import type { Moment, ProxiedRequest } from '../../support/api-proxy.ts';
import type { Silence } from '../../support/tcp-link.ts';
import type { Stage } from './stage.ts';

/** What happens to a message in transit when its sender dies. */
export type FaultPlan = 'is lost' | 'arrives';

/** A moment of the protocol at which a process can be killed. */
export interface Point {
  readonly point: string;
  /** Prepares to catch the moment, before the test starts the action. */
  readonly arm: (stage: Stage) => Armed;
}

export interface Armed {
  /** Resolves when the process is at the point. */
  readonly reached: Promise<unknown>;
  /** Delivers or drops the message in transit, after the death of the process. */
  readonly settle: () => void;
  /** Whether the message arrives only after the next process has listed the instances. */
  readonly isLate: boolean;
}

/** A write to Kubernetes that was sent but not executed (it is lost, or arrives later), or executed without an answer. */
export function atWrite(
  point: string,
  moment: Moment,
  isIt: (request: ProxiedRequest) => boolean,
  faultPlan: FaultPlan = 'is lost',
): Point {
  const moments = { request: `was sent, and ${faultPlan}`, answer: 'is executed, and not answered' };
  return {
    point: `${point} ${moments[moment]}`,
    arm: ({ proxy }) => {
      const hold = proxy.hold(moment, isIt);
      return {
        reached: hold.reached,
        settle: faultPlan === 'arrives' ? hold.release : hold.drop,
        isLate: false,
      };
    },
  };
}

/** A request to the provider that is lost, or arrives after its sender is dead, or is executed without an answer. */
export function atRequest(point: string, firstWords: string, silence: Silence): Point {
  const faultPlans = {
    lost: 'was sent, and is lost',
    held: 'was sent, and arrives',
    delivered: 'is executed, and not answered',
  };
  return {
    point: `${point} ${faultPlans[silence]}`,
    arm: (stage) => {
      const caught = stage.toProvider.silenceAt(firstWords, silence);
      return {
        reached: silence === 'delivered' ? untilDone(stage, caught, firstWords) : caught,
        settle: () => stage.toProvider.deliverHeld(),
        isLate: silence === 'held',
      };
    },
  };
}

async function untilDone({ scene }: Stage, caught: Promise<void>, firstWords: string): Promise<void> {
  await caught;
  const { ledger } = scene.simulator;
  await scene.untilTrue('the provider has done it', () =>
    firstWords.startsWith('POST')
      ? ledger.entries().some(({ origin }) => origin === 'Api')
      : ledger.deletes.length > 0,
  );
}

const GPU_POD = /\/gpupods\/[^/]+$/;
const STATUS = /\/gpupods\/[^/]+\/status$/;

/** The write of the finalizer and the create intent. */
export function isCreateIntentWrite({ method, path, body }: ProxiedRequest): boolean {
  return method === 'PATCH' && GPU_POD.test(path) && body.includes('gpupod.dev/intent');
}

/** The removal of the finalizer. */
export function isRelease({ method, path, body }: ProxiedRequest): boolean {
  return method === 'PATCH' && GPU_POD.test(path) && body.includes('"finalizers":[]');
}

/** Matches the write of a status with this property. */
function isStatus(isIt: (status: Record<string, unknown>) => boolean) {
  return ({ method, path, body }: ProxiedRequest): boolean => {
    if (method !== 'PUT' || !STATUS.test(path)) return false;
    const object: unknown = JSON.parse(body);
    return isRecord(object) && isIt(recordAt(object, 'status'));
  };
}

export const namesPod = isStatus((status) => stringAt(status, 'podId') !== undefined);
export const saysReady = isStatus((status) => stringAt(status, 'readyAt') !== undefined);
/** The status with a decided termination that is not complete yet. */
export const decidesEnding = isStatus(
  (status) => stringAt(status, 'podId') !== undefined && JSON.stringify(status).includes('"ending":'),
);
/** The status with a completed termination. */
export const sawEnd = isStatus(
  (status) => stringAt(status, 'podId') === undefined && JSON.stringify(status).includes('"outcome":'),
);

/** The connection Secret. */
export function isSecretWrite({ method, path }: ProxiedRequest): boolean {
  return method === 'POST' && path.endsWith('/secrets');
}
