import { isRecord, recordAt, stringAt } from '../../../src/json.ts';
import type { Moment, ProxiedRequest } from '../../support/api-proxy.ts';
import type { Silence } from '../../support/tcp-link.ts';
import type { Stage } from './stage.ts';

/** What becomes of the message that was under way when its sender died. */
export type FaultPlan = 'is lost' | 'arrives';

/** A moment of the protocol at which a process can be killed. */
export interface Point {
  readonly point: string;
  /** Prepares to catch the moment, before anything is begun. */
  readonly arm: (stage: Stage) => Armed;
}

export interface Armed {
  /** Resolves when the process stands there. */
  readonly reached: Promise<unknown>;
  /** After its death: what was under way goes on, or is lost. */
  readonly settle: () => void;
  /** It goes on only when the next process has looked already. */
  readonly isLate: boolean;
}

/** A write to Kubernetes has left and is not done (and then lost, or done after all), or is done and not answered. */
export function atWrite(
  point: string,
  moment: Moment,
  isIt: (request: ProxiedRequest) => boolean,
  faultPlan: FaultPlan = 'is lost',
): Point {
  const moments = { request: `has left, and ${faultPlan}`, answer: 'is done, and not answered' };
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

/** A request to the provider has left: it is lost, or arrives when its sender is dead, or is done and not answered. */
export function atRequest(point: string, firstWords: string, silence: Silence): Point {
  const faultPlans = {
    lost: 'has left, and is lost',
    held: 'has left, and arrives',
    delivered: 'is done, and not answered',
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

/** Finalizer and intent. */
export function isOrderWrite({ method, path, body }: ProxiedRequest): boolean {
  return method === 'PATCH' && GPU_POD.test(path) && body.includes('gpupod.dev/intent');
}

/** The finalizer goes. */
export function isRelease({ method, path, body }: ProxiedRequest): boolean {
  return method === 'PATCH' && GPU_POD.test(path) && body.includes('"finalizers":[]');
}

/** A status that is like this. */
function isStatus(isIt: (status: Record<string, unknown>) => boolean) {
  return ({ method, path, body }: ProxiedRequest): boolean => {
    if (method !== 'PUT' || !STATUS.test(path)) return false;
    const object: unknown = JSON.parse(body);
    return isRecord(object) && isIt(recordAt(object, 'status'));
  };
}

export const namesPod = isStatus((status) => stringAt(status, 'podId') !== undefined);
export const saysReady = isStatus((status) => stringAt(status, 'readyAt') !== undefined);
/** An ending is decided, and not seen yet. */
export const decidesEnding = isStatus(
  (status) => stringAt(status, 'podId') !== undefined && JSON.stringify(status).includes('"ending":'),
);
/** The end was seen. */
export const sawEnd = isStatus(
  (status) => stringAt(status, 'podId') === undefined && JSON.stringify(status).includes('"outcome":'),
);

/** The Secret with the way to the machine. */
export function isSecretWrite({ method, path }: ProxiedRequest): boolean {
  return method === 'POST' && path.endsWith('/secrets');
}
