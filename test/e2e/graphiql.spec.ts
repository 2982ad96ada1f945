/** The page /graphiql in a real browser: it asks with the key of its headers, shows the schema, and follows a subscription. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { sleep } from '@sendpool/kernel';
import { startSink, type Sink } from '@sendpool/testing';
import { chromiumPath, startBrowser, type Browser } from './browser.ts';
import { command, endStage, setStage, type Stage } from './stage.ts';

const path = chromiumPath();
const skip = path === undefined ? 'not part of the project: no Chromium is installed (CHROMIUM_PATH)' : false;

/** The last text that an editor of the page shows; Monaco draws spaces as other ones. */
const textIn = (place: string): string =>
  `[...document.querySelectorAll('${place} .view-line')].sort((a, b) => parseFloat(a.style.top) - parseFloat(b.style.top)).map((line) => line.textContent).join('\\n').replaceAll('\\u00a0', ' ')`;

const answer = '.graphiql-response';

describe('the page /graphiql', { skip }, () => {
  let sink: Sink;
  let stage: Stage;
  let browser: Browser;

  before(async () => {
    sink = await startSink({ delayMs: 20 });
    const targets = [{ name: 'only-one', port: sink.port, weight: 1 }];
    stage = await setStage({ targets, recipients: 200, env: { GRAPHIQL: 'true' } });
    browser = await startBrowser(path!);
    await browser.open(`${stage.system.gatewayUrl}/graphiql`);
    await until('document.querySelectorAll(".graphiql-editor .view-line").length > 3', 60_000);
  });
  after(async () => {
    await browser?.close();
    await endStage(stage);
    await sink.stop();
  });

  const until = async (expression: string, timeoutMs = 20_000): Promise<void> => {
    const end = Date.now() + timeoutMs;
    while (!(await browser.run<boolean>(expression))) {
      if (Date.now() > end) assert.fail(`${expression} is not so: ${await browser.run<string>(textIn(answer))}`);
      await sleep(100);
    }
  };

  const write = (editor: string, text: string): Promise<void> => browser.replace(`${editor} textarea`, text);

  /** For people who want to look at it: .results is not kept in git. */
  const keepPicture = async (name: string): Promise<void> => {
    mkdirSync('.results/graphiql', { recursive: true });
    writeFileSync(`.results/graphiql/${name}.png`, await browser.picture());
  };

  const execute = (): Promise<unknown> => browser.run(`document.querySelector('.graphiql-execute-button').click()`);

  it('says what is missing while it has no key', async () => {
    await execute();
    await until(`${textIn(answer)}.includes('A valid API key or token is needed')`);
  });

  it('answers a query with the key that was put into the headers', async () => {
    const headers = JSON.stringify({ authorization: `Bearer ${stage.system.firstAdminKey}` });
    await write('.graphiql-editor-tool .graphiql-editor:not(.hidden)', headers);
    await sleep(500);
    await execute();
    await until(`${textIn(answer)}.includes('only-one')`);
    await keepPicture('query');
  });

  it('shows the schema with its descriptions once it has the key', async () => {
    await browser.run(`document.querySelector('[aria-label^="Re-fetch GraphQL schema"]').click()`);
    await sleep(500);
    await browser.run(`document.querySelector('[aria-label="Show Documentation Explorer"]').click()`);
    await until(`document.querySelector('.graphiql-plugin').textContent.includes('Subscription')`);
    await keepPicture('schema');
  });

  it('follows a subscription until its end', async () => {
    const query = `subscription { campaignProgress(campaignId: "${stage.campaignId}") { status total accepted } }`;
    await write('.graphiql-query-editor', query);
    await sleep(500);
    await execute();
    await until(`${textIn(answer)}.includes('DRAFT')`);
    await command(stage, 'startCampaign');
    await until(`${textIn(answer)}.includes('FINISHED') && ${textIn(answer)}.includes('"accepted": 200')`, 60_000);
    await keepPicture('subscription');
  });

  it('asks nobody else, and its policy hinders nothing that it needs', async () => {
    const addresses = await browser.run<string[]>(
      `performance.getEntriesByType('resource').map(({ name }) => new URL(name).origin)`,
    );
    const others = addresses.filter((origin) => origin !== stage.system.gatewayUrl && origin !== 'null');
    assert.deepEqual(others, []);
    assert.deepEqual(
      browser.complaints().filter((text) => !text.includes('401')),
      [],
    );
  });
});
