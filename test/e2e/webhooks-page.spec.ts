/** docs/webhooks.md on a running Sendpool: what is to be tried there by hand, and the message that it shows beside a real one. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { sleep } from '@sendpool/kernel';
import { behaviourOf, startSink, type Sink } from '@sendpool/testing';
import { startReceiver, type Receiver } from '../../apps/scheduler/src/api/webhooks/receiver.fixture.ts';
import { freePort } from '../../apps/standalone/src/ports.ts';
import { startProgram, until, type Program } from './program.ts';
import { command, endStage, setStage, type Stage } from './stage.ts';
import { compareJson, fill, stepsOf, type Bindings } from './tour-page.ts';

const page = readFileSync('docs/webhooks.md', 'utf8');
const section = /^## Try it on your machine$(.*?)^## /ms.exec(page)![1]!;
const receiverInTypeScript = /^```ts\n(.*?)^```$/ms.exec(page)![1]!;

/** Values that differ from message to message, by their form: ids, times and the like. */
const forms: Readonly<Record<string, RegExp>> = {
  id: /^\d+-\d+-BOUNCED$/,
  at: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/,
  campaignId: /^[0-9a-f-]{36}$/,
  poolId: /^[0-9a-f-]{36}$/,
  serverId: /^[0-9a-f-]{36}$/,
  email: /^[^@\s]+@[^@\s]+$/,
  recipient: /^\d+$/,
  provider: /^[a-z]+$/,
};

const inForm = (event: object): object =>
  Object.fromEntries(
    Object.entries(event).map(([name, value]) => [
      name,
      forms[name]?.test(String(value)) === true ? `<${name}>` : (value as unknown),
    ]),
  );

type Message = { type: string; timestamp: string; data: { events: object[] } };
const messageInForm = ({ type, timestamp, data, ...rest }: Message): object => ({
  type,
  timestamp: forms['at']!.test(timestamp),
  data: { ...data, events: data.events.map(inForm) },
  ...rest,
});

describe('the page about webhooks', () => {
  const bindings: Bindings = new Map();
  let port: number;
  let sink: Sink;
  let stage: Stage;
  let receiver: Receiver;
  let program: Program | undefined;

  before(async () => {
    port = await freePort();
    receiver = await startReceiver();
    const fault = { at: 'RCPT', do: 'REPLY', code: 550, text: '5.1.1 no such user' } as const;
    sink = await startSink({ behave: behaviourOf([{ fault }], Math.random) });
    const targets = [{ name: 'server', port: sink.port, weight: 1 }];
    stage = await setStage({ targets, recipients: 1, env: { WEBHOOK_ALLOW_PRIVATE: 'true' } });
  });
  after(async () => {
    program?.child.kill();
    await endStage(stage);
    await receiver[Symbol.asyncDispose]();
    await sink.stop();
  });

  const here = (text: string): string => text.replaceAll('4811', String(port));

  const say = async (query: string, variables: unknown): Promise<unknown> => {
    const response = await fetch(`${stage.system.gatewayUrl}/graphql`, {
      method: 'POST',
      headers: { authorization: `Bearer ${stage.system.firstAdminKey!}`, 'content-type': 'application/json' },
      body: JSON.stringify({ query, variables }),
    });
    return await response.json();
  };

  const [make, test, log] = stepsOf(section);
  const run = async (step: typeof make): Promise<void> => {
    assert.ok(step?.kind === 'GRAPHQL');
    const asked = JSON.parse(here(JSON.stringify(fill(step.variables, bindings)))) as unknown;
    compareJson(await say(step.text, asked), step.shown, bindings);
  };

  it('makes a webhook that leads to this machine', () => run(make));

  it('has a receiver that takes the message of a test, as the answer shows', async () => {
    const env = { PORT: String(port), WEBHOOK_SECRET: bindings.get('SECRET')! };
    program = startProgram([process.execPath, '--input-type=module-typescript', '--eval', receiverInTypeScript], env);
    const hears = (): Promise<boolean> =>
      fetch(`http://127.0.0.1:${port}/`).then(
        () => true,
        () => false,
      );
    while (!(await hears())) assert.equal(program.child.exitCode, null, program.said());
    await run(test);
    await until(program, () => program!.lines().includes('webhook.test'));
  });

  it('shows a message as it comes, field by field, and the log afterwards', async () => {
    const created = await say(
      'mutation ($input: CreateWebhookInput!) { createWebhook(input: $input) { ... on WebhookSecretPayload { secret } } }',
      { input: { name: 'real', url: receiver.url('/real'), events: ['BOUNCED'] } },
    );
    receiver.secrets.set(
      '/real',
      (created as { data: { createWebhook: { secret: string } } }).data.createWebhook.secret,
    );
    await command(stage, 'startCampaign');
    await until(program!, () => program!.said().includes('BOUNCED ') && receiver.at('/real').length > 0);
    const example = JSON.parse(/^```json\n(.*?)^```$/ms.exec(page)![1]!) as Message;
    const real = receiver.at('/real')[0]!.message as unknown as Message;
    assert.deepEqual(messageInForm(real), messageInForm(example));
    // It is written down as delivered a moment after the receiver has it.
    const isDelivered = 'query ($id: ID!) { webhook(id: $id) { deliveries(state: DELIVERED) { totalCount } } }';
    while (!JSON.stringify(await say(isDelivered, { id: bindings.get('WEBHOOK') })).includes('"totalCount":1'))
      await sleep(50);
    await run(log);
  });
});
