import { publicHalfOf } from '../../src/controllers/gpupod/effects/key-pair.ts';
import { recordAt, stringAt } from '../../src/json.ts';
import { keyName } from '../../src/lifecycle/ssh-key/key-name.ts';
import { anEd25519Line, aPublicKey } from '../support/builders/ssh-keys.ts';
import { INSTALLATION } from './shared-provider.ts';
import { podIdOf } from './readings.ts';
import { NAMESPACE } from './simulation.ts';
import type { Simulation } from './simulation.ts';

const OPERATORS_USER = 'user_1';

/** Keys that the operator must leave as they are, by why they are not its own. */
const FOREIGN: readonly { readonly name: string; readonly publicKey: string }[] = [
  { name: 'laptop', publicKey: `${anEd25519Line(101)} of a person` },
  { name: keyName('other1', aPublicKey(102)), publicKey: aPublicKey(102).content },
  { name: keyName(INSTALLATION, aPublicKey(104)), publicKey: aPublicKey(103).content },
  { name: `gpupod-${INSTALLATION}`, publicKey: aPublicKey(105).content },
];

/** Registers keys of a person and of another installation before anything happens. */
export function plantKeys({ api }: Simulation, user = OPERATORS_USER): void {
  for (const { name, publicKey } of FOREIGN) {
    api.world.sshKeys.add(user, name, publicKey);
  }
}

/** The keys that the operator registered. */
export function ownKeys(
  { api }: Simulation,
  user = OPERATORS_USER,
): readonly { readonly publicKey: string; readonly id: string }[] {
  return api.world.sshKeys
    .of(user)
    .filter(({ name, publicKey }) => /^gpupod-abc123-.{32}$/.test(name) && !isForeign(publicKey));
}

/** The public key that an instance was requested with. */
export function keyOfInstance({ api }: Simulation, podId: string | undefined): string | undefined {
  const request = api.world.pods.byId.get(podId ?? '')?.request;
  const keyId = stringAt(recordAt(request, 'pod'), 'sshKeyId');
  return keyId === undefined ? undefined : api.world.sshKeys.find('user_1', keyId)?.publicKey;
}

function isForeign(publicKey: string): boolean {
  return FOREIGN.some((key) => key.publicKey === publicKey);
}

/** While GpuPods live: no key is registered twice, and nobody's key is touched. */
export function judgeKeys(simulation: Simulation, user = OPERATORS_USER, mayBeTwice = false): void {
  const own = ownKeys(simulation, user);
  if (!mayBeTwice && new Set(own.map(({ publicKey }) => publicKey)).size < own.length) {
    simulation.journal.addViolation('keys', 'a key is registered twice');
  }
  const held = simulation.api.world.sshKeys.of(user);
  for (const { name, publicKey } of FOREIGN) {
    if (!held.some((key) => key.name === name && key.publicKey === publicKey)) {
      simulation.journal.addViolation('keys', `the key ${name} of somebody else is gone`);
    }
  }
}

/** The private key in the Secret opens the instance, if the operator generated it. */
export function judgePair(simulation: Simulation): void {
  const object = simulation.object();
  const { secretName } = recordAt(recordAt(object, 'status'), 'sshKey');
  if (typeof secretName !== 'string') return;
  const held = simulation.server.get('secrets', { namespace: NAMESPACE, name: secretName });
  const text = Buffer.from(stringAt(held?.['data'], 'ssh-privatekey') ?? '', 'base64').toString();
  const publicKey = keyOfInstance(simulation, podIdOf(object));
  if (publicKey === undefined || publicHalfOf(text)?.content !== publicKey) {
    simulation.journal.addViolation('keys', 'the private key in the Secret does not open the instance');
  }
}

/** After the end of all GpuPods. */
export function judgeKeysAtEnd(simulation: Simulation, user = OPERATORS_USER): void {
  judgeKeys(simulation, user);
  for (const { id } of ownKeys(simulation, user)) {
    simulation.journal.addViolation('keys', `key ${id} of ${user} is left over`);
  }
}
