import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { before, describe, it } from 'node:test';
import { createGraphiql } from './graphiql.ts';

/** What the editor shows of a line in a window of a usual width. */
const widest = 44;

describe('the page to try the API in', () => {
  let page = '';
  before(async () => {
    const { handle } = await createGraphiql();
    const server = createServer((req, res) => void handle(req, res)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    page = await (await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)).text();
    server.closeAllConnections();
    server.close();
  });

  it('says where the key goes, how to get the documentation, and that the browser keeps the key', () => {
    const text = page.slice(page.indexOf('# 1. Put your API key'));
    const lines = text.slice(0, text.indexOf('query Servers')).split('\\n');
    assert.match(lines.join(' '), /"Headers\\".*re-fetch GraphQL schema.*The browser keeps the key/);
    for (const line of lines) assert.ok(line.replaceAll('\\"', '"').length <= widest, line);
  });
});
