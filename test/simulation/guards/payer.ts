import { recordAt, stringAt } from '../../../src/json.ts';
import { OPERATOR } from '../payer-book.ts';
import type { PayerBook, PayingIntent } from '../payer-book.ts';
import { podIdOf, specOf, statusOf } from '../readings.ts';
import type { Change } from '../simulated-api-server.ts';
import { isByOperator, podNameOf } from './guard.ts';
import type { Arrival, Guard, GuardedSimulation } from './guard.ts';

const OPERATORS_USER = 'user_1';

/**
 * With accounts: who pays is whom the spec falls on, with a key of the user whom the account records, and of no other.
 * An account records another user only if a person accepts that user. What a status says about the payer is true.
 */
export function payerGuard(simulation: GuardedSimulation): Guard {
  const { payers } = simulation;
  return payers === undefined ? {} : guardWith(simulation, payers);
}

function guardWith({ api, journal }: GuardedSimulation, payers: PayerBook): Guard {
  const judged = new Set<PayingIntent>();

  function judgeIntent(change: Change): void {
    const { object } = change;
    for (const intent of payers.intents.values()) {
      if (intent.uid !== object.metadata.uid || judged.has(intent)) continue;
      judged.add(intent);
      for (const problem of problemsOf(intent, change)) {
        addViolation(`create intent ${intent.podName} ${problem}`);
      }
    }
  }

  function problemsOf(
    { uid, account, userId = '', teamId }: PayingIntent,
    { object }: Change,
  ): readonly string[] {
    const users = account === OPERATOR ? [OPERATORS_USER, ''] : payers.usersOf(account);
    const named = stringAt(specOf(object), 'teamId');
    const teams = account === OPERATOR || named !== undefined ? [named] : payers.teamsOf(account);
    const rules: readonly (readonly [string, boolean])[] = [
      [`lets ${account} pay, which the spec did not fall on`, !payers.candidatesOf(uid).includes(account)],
      [`of ${account} names user ${userId}, not ${users.join(' or ')}`, !users.includes(userId)],
      [`of ${account} names team ${String(teamId)}`, !teams.includes(teamId)],
    ];
    return rules.filter(([, isBroken]) => isBroken).map(([problem]) => problem);
  }

  function judgeCreate({ request }: Arrival): void {
    const { userId, podName } = payers.intents.get(podNameOf(request.bodyText)) ?? {};
    if (userId !== undefined && request.userId !== userId) {
      addViolation(
        `create request ${podName ?? ''} of user ${userId} has a key of ${String(request.userId)}`,
      );
    }
  }

  /** A status says who pays for the instance that it names, if that is its own. */
  function judgeStatus({ object }: Change): void {
    const podId = podIdOf(object);
    const pod = podId === undefined ? undefined : api.world.pods.byId.get(podId);
    const stated = stringAt(recordAt(statusOf(object), 'account'), 'userId');
    const isOwn = pod !== undefined && journal.owners.get(pod.id) === object.metadata.uid;
    if (isOwn && stated !== undefined && stated !== pod.userId) {
      addViolation(
        `${object.metadata.name} says that ${stated} pays for ${pod.name}, which ${pod.userId} does`,
      );
    }
  }

  function judgeRecord({ object, before }: Change): void {
    const { namespace, name } = object.metadata;
    const [was, user] = [before, object].map((one) =>
      one === undefined ? undefined : stringAt(statusOf(one), 'userId'),
    );
    if (user === was || user === undefined) return;
    const account = namespace === undefined ? `ClusterGpuAccount ${name}` : `GpuAccount ${namespace}/${name}`;
    const { ofKeys, accepted } = payers.chosenUsersOf(account);
    if (!(was === undefined ? ofKeys : accepted).includes(user)) {
      addViolation(`${account} records user ${user} instead of ${String(was)}, which nobody accepted`);
    }
  }

  function addViolation(message: string): void {
    journal.addViolation('wallet', message);
  }

  return {
    onChange: (change) => {
      if (!isByOperator(change) || change.type === 'DELETED') return;
      if (change.kind === 'gpuaccounts' || change.kind === 'clustergpuaccounts') judgeRecord(change);
      if (change.kind !== 'gpupods') return;
      judgeIntent(change);
      judgeStatus(change);
    },
    onArrival: (arrival) => {
      const { method, route } = arrival.request;
      if (method === 'POST' && route === '/pods/') judgeCreate(arrival);
    },
  };
}
