/** A test message of a campaign, from its preview to the mail server: sent once although the scheduler is killed, and the campaign stays a draft. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { sleep } from '@sendpool/kernel';
import { startSink, type Sink } from '@sendpool/testing';
import { headerValue, parseMail } from '../../libs/smtp/src/compile/mime.fixture.ts';
import { shortDoubt } from './engine-scene.ts';
import { endStage, isFinished, setStage, waitUntil, type Stage } from './stage.ts';

const previewQuery = `query ($id: ID!, $email: EmailAddress) { campaign(id: $id) {
  preview(contactEmail: $email) { ... on MessagePreview { contactEmail subject html text missingFields } } } }`;

const sendTest = `mutation ($input: SendTestMessageInput!) { sendTestMessage(input: $input) {
  ... on TestMessagePayload { testCampaign { id testOf { id } } } ... on Refused { errors { message path } } } }`;

const standing = `query ($id: ID!) {
  campaign(id: $id) { status revision tests { id } progress { total } recipients { nodes { email } } }
  campaigns { nodes { id } }
  audiences { nodes { name } }
}`;

type Preview = { contactEmail: string; subject: string; html: string; text: string; missingFields: string[] };
type Standing = {
  campaign: { status: string; revision: number; tests: object[]; progress: { total: number }; recipients: object };
  campaigns: { nodes: object[] };
  audiences: { nodes: object[] };
};

describe('a test message', () => {
  let sink: Sink;
  let stage: Stage;

  before(async () => {
    sink = await startSink({ keepData: true });
    stage = await setStage({
      targets: [{ name: 'only', port: sink.port, weight: 1 }],
      recipients: 30,
      env: shortDoubt,
    });
  });
  after(async () => {
    await endStage(stage);
    await sink.stop();
  });

  const previewOf = async (email: string | null): Promise<Preview> => {
    const variables = { id: stage.campaignId, email };
    const { campaign } = await stage.api.run<{ campaign: { preview: Preview } }>(previewQuery, variables);
    return campaign.preview;
  };

  const ask = async (input: object): Promise<string> => {
    const variables = { input: { campaignId: stage.campaignId, ...input } };
    const { sendTestMessage } = await stage.api.run<{ sendTestMessage: { testCampaign: { id: string } } }>(
      sendTest,
      variables,
    );
    return sendTestMessage.testCampaign.id;
  };

  const stand = (): Promise<Standing> => stage.api.run<Standing>(standing, { id: stage.campaignId });

  /** Asked again while the scheduler is away. */
  const askAgain = async (input: object): Promise<string> => {
    for (let tries = 0; ; tries += 1) {
      try {
        return await ask(input);
      } catch (error) {
        if (tries > 100) throw error;
        await sleep(100);
      }
    }
  };

  const wireOf = (address: string) => {
    const mails = sink.received.filter(({ to }) => to === address);
    assert.equal(mails.length, 1, `${address} got ${mails.length} mails`);
    return parseMail(mails[0]!.data!.toString('latin1'));
  };

  it('is what the preview shows, sent once though the scheduler is killed and the request repeated; the campaign stays as it is', async () => {
    const before = await stand();
    const preview = await previewOf(stage.addresses[7]!);
    const [as, to] = [stage.addresses[7]!, ['me@test.example', 'you@test.example']];
    assert.deepEqual([preview.contactEmail, preview.missingFields], [as, []]);
    assert.equal((await previewOf(null)).contactEmail, stage.addresses[0]);
    const input = { to, contactEmail: as, idempotencyKey: 'once' };
    const campaignId = await ask(input);
    stage.system.processes.kill('scheduler');
    assert.equal(await askAgain(input), campaignId);
    const { progress } = await waitUntil({ ...stage, campaignId }, isFinished);
    assert.deepEqual([progress.accepted, progress.total], [2, 2]);
    assert.equal(await ask(input), campaignId);
    for (const address of to) {
      const mail = wireOf(address);
      assert.equal(headerValue(mail, 'To'), address);
      assert.equal(headerValue(mail, 'Subject'), preview.subject);
      assert.equal(mail.parts['text/html'], preview.html.replaceAll(as, address));
      assert.equal(mail.parts['text/plain'], preview.text.replaceAll(as, address));
    }
    const { campaign, ...lists } = await stand();
    assert.deepEqual(campaign, { ...before.campaign, tests: [{ id: campaignId }] });
    assert.deepEqual([campaign.status, lists], ['DRAFT', { campaigns: before.campaigns, audiences: before.audiences }]);
    assert.equal(sink.received.length, 2);
  });

  it('counts for the server that sent it', async () => {
    const id = stage.serverIds.get('only');
    const query = 'query ($id: ID!) { sendingServer(id: $id) { stats { accepted } } }';
    const accepted = async (): Promise<string> =>
      (await stage.api.run<{ sendingServer: { stats: { accepted: string } } }>(query, { id })).sendingServer.stats
        .accepted;
    for (let tries = 0; (await accepted()) !== '2'; tries += 1, await sleep(50)) assert.ok(tries < 100);
  });
});
