import { expectSuccess } from '../../clients/support/run.js';
import { Subscriber } from '../../clients/support/subscriber.js';
import type { Stack } from './stack.js';

/** Somebody with a new machine, which finds the stack and believes who issued its certificate. */
export async function startSubscriber(stack: Stack): Promise<Subscriber> {
  const subscriber = await Subscriber.start(stack.folder);
  const { machine } = subscriber;
  await machine.write('/etc/hosts', stack.hosts);
  await machine.write('/usr/local/share/ca-certificates/issuer.crt', stack.issuer);
  expectSuccess(await machine.run('update-ca-certificates'));
  return subscriber;
}

/** What the operator sends to whoever bought the key. */
export async function setupText(stack: Stack, keyId: string, client: string): Promise<string> {
  const answer = await fetch(`${stack.admin}/api/v1/keys/${keyId}/setup`);
  const { clients } = (await answer.json()) as { clients: { client: string; text: string }[] };
  return clients.find((each) => each.client === client)!.text;
}
