/** Downloads from a real PostgreSQL over HTTP. */
import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { once } from 'node:events';
import { request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { Actor } from '@sendpool/contracts';
import { newId, sleep } from '@sendpool/kernel';
import type { CampaignStore } from '../../domain/campaign.ts';
import type { ImportStore } from '../../domain/contact-import.ts';
import { createCampaignStore } from '../../store/campaign.store.ts';
import { createContactImportStore } from '../../store/contact-import.store.ts';
import { stateNumber } from '../../store/states.ts';
import { makeAudience, makeSending, schedulerDatabase, type TestDatabase } from '../../store/testing.ts';
import { csvLine } from './csv-text.ts';
import { createDownloadRoutes } from './downloads.ts';

const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const count = 3500;

describe('a download', () => {
  let database: TestDatabase;
  let campaigns: CampaignStore;
  let imports: ImportStore;
  let server: Server;
  let port: number;
  let actor: Actor | undefined;
  /** Pages that were asked for. */
  let pages: number;
  /** What happens before a page is read. */
  let onPage: (page: number) => Promise<void>;
  let campaignId: string;

  before(async () => {
    database = await schedulerDatabase();
    campaigns = createCampaignStore(database);
    imports = createContactImportStore(database);
    campaignId = (await makeSending(database, count)).id;
    const watched: CampaignStore = {
      ...campaigns,
      recipients: async (id, page) => {
        await onPage(++pages);
        return campaigns.recipients(id, page);
      },
    };
    const routes = createDownloadRoutes({ campaigns: watched, imports, actorOf: () => actor, log: quiet });
    server = createServer((req, res) => {
      const route = routes.find(({ path }) => req.url?.startsWith(path.slice(0, -1)))!;
      void Promise.resolve(route.handle(req, res)).catch(() => res.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    port = (server.address() as AddressInfo).port;
  });
  beforeEach(() => {
    actor = { keyId: 'k', role: 'READER', requestId: 'r' };
    pages = 0;
    onPage = async () => undefined;
  });
  after(async () => {
    server.closeAllConnections();
    server.close();
    await database[Symbol.asyncDispose]();
  });

  const get = (path: string) => fetch(`http://127.0.0.1:${port}${path}`);
  const download = (query = '', id = campaignId) => get(`/campaigns/${id}/recipients.csv${query}`);

  it('has every recipient once, by number, with name and type of the file', async () => {
    const answer = await download();
    const lines = (await answer.text()).split('\r\n');
    assert.equal(lines[0], 'number,email,state,tries,last_reply,due_at');
    assert.equal(lines[1], '0,c0@example.com,PENDING,0,,');
    assert.deepEqual(
      lines.slice(1, -1).map((line) => Number(line.split(',')[0])),
      Array.from({ length: count }, (_, number) => number),
    );
    assert.equal(lines.at(-1), '');
    assert.equal(answer.headers.get('content-disposition'), `attachment; filename="recipients-${campaignId}.csv"`);
    assert.match(answer.headers.get('content-type') ?? '', /^text\/csv; charset=utf-8/);
  });

  it('of one state has those alone, with reply and due time, and no cell that a spreadsheet runs', async () => {
    const { id, number } = await makeSending(database, 3);
    const values = [number, stateNumber('DEFERRED'), '=cmd|"/c calc"!A1\r\nx', Date.UTC(2026, 10, 24)];
    await database.sql.query(
      'update recipient set state = $2, tries = 2 where campaign = $1 and seq = 1',
      values.slice(0, 2),
    );
    await database.sql.query(
      `insert into recipient_fact (campaign, seq, lane, due_at, unknowns, gaps, copy_accepted, reply)
       values ($1, 1, 0, $3, 0, 0, false, $2)`,
      [number, values[2], values[3]],
    );
    const text = await (await download('?state=DEFERRED', id)).text();
    const row = `1,c1@example.com,DEFERRED,2,"'=cmd|""/c calc""!A1\r\nx",2026-11-24T00:00:00.000Z\r\n`;
    assert.equal(text, `number,email,state,tries,last_reply,due_at\r\n${row}`);
  });

  it('while recipients change has each of them once', async () => {
    onPage = async (page) => {
      const text =
        'update recipient set state = $1 from campaign where campaign.number = campaign and campaign.id = $2';
      await database.sql.query(text, [stateNumber(page % 2 === 0 ? 'PENDING' : 'ACCEPTED'), campaignId]);
    };
    const lines = (await (await download()).text()).split('\r\n');
    assert.equal(new Set(lines.slice(1, -1).map((line) => line.split(',')[0])).size, count);
    assert.equal(lines.length, count + 2);
  });

  it('that fails in the middle is a broken connection, and one that fails at its beginning a refusal', async () => {
    onPage = async (page) => {
      if (page === 3) throw new Error('the database went away');
    };
    const broken = await download();
    assert.equal(broken.status, 200);
    await assert.rejects(broken.text());
    onPage = async () => Promise.reject(new Error('the database is away'));
    await assert.rejects(download());
  });

  it('asks the database for nothing more once the client is gone', async () => {
    const gate = Promise.withResolvers<void>();
    const second = Promise.withResolvers<void>();
    onPage = async (page) => {
      if (page !== 2) return;
      second.resolve();
      await gate.promise;
    };
    const client = request({ host: '127.0.0.1', port, path: `/campaigns/${campaignId}/recipients.csv` });
    client.on('error', () => undefined).end();
    const [answer] = (await once(client, 'response')) as [IncomingMessage];
    answer.on('error', () => undefined).resume();
    await second.promise;
    client.destroy();
    await sleep(50);
    gate.resolve();
    await sleep(200);
    assert.equal(pages, 2);
  });

  it('is refused to strangers, for states and campaigns that are none, and of other paths', async () => {
    assert.equal((await download('?state=LOST')).status, 400);
    assert.equal((await download('', newId())).status, 404);
    assert.equal((await download('', 'nonsense')).status, 404);
    assert.equal((await get(`/campaigns/${campaignId}/secrets.csv`)).status, 404);
    actor = undefined;
    assert.equal((await download()).status, 401);
  });

  it('of the rows of an upload takes the role OPERATOR, and has the line, the column and what is wrong', async () => {
    const audienceId = await makeAudience(database, 0);
    const begun = await imports.begin({ id: newId(), audienceId, actor: 'k', idempotencyKey: null });
    assert.ok(begun.ok);
    const { run, record } = begun.value;
    const errors = Array.from({ length: 2500 }, (_, n) => ({
      row: 2 * n + 2,
      column: n === 0 ? null : 'email',
      message: `no, ${n}`,
    }));
    await imports.take(run, { contacts: [], duplicates: 0, errors, rows: 2500, digest: 'd' }, () => false);
    const path = `/audiences/${audienceId}/imports/${record.id}/errors.csv`;
    assert.equal((await get(path)).status, 403);
    actor = { keyId: 'k', role: 'OPERATOR', requestId: 'r' };
    const expected = ['row,column,message', '2,,"no, 0"', '4,email,"no, 1"'];
    const lines = (await (await get(path)).text()).split('\r\n');
    assert.deepEqual([lines.slice(0, 3), lines.length], [expected, 2502]);
    assert.equal((await get(`/audiences/${newId()}/imports/${record.id}/errors.csv`)).status, 404);
  });
});

it('a cell that begins like a formula becomes text, and one with signs of CSV is quoted', () => {
  const cells = ['=1', '+1', '-1', '@a', '\tx', '\rx', 'a=b', 'say "hi"', 'a,b', 'a\nb', '', null, -1];
  assert.equal(csvLine(cells), `'=1,'+1,'-1,'@a,'\tx,"'\rx",a=b,"say ""hi""","a,b","a\nb",,,-1\r\n`);
});
