import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { readyText } from './announce.ts';
import { readStandaloneEnv } from './env.ts';
import { clusterShape, singleShape } from './shape.ts';

const gatewayUrl = 'http://127.0.0.1:4000';
const running = { gatewayUrl, gatewayUrls: [gatewayUrl], eventLogUrl: 'kafka://127.0.0.1:9092' };

describe('what a start says when it is ready', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sendpool-announce-'));
  writeFileSync(join(folder, 'processes.json'), '{}');
  after(() => rmSync(folder, { recursive: true, force: true }));
  const env = readStandaloneEnv(singleShape, { DATA_DIR: folder });

  it('is the first admin key at the first start, and that it is shown this once', () => {
    const text = readyText({ ...running, firstAdminKey: 'sp_first' }, env, singleShape);
    assert.match(text, /^ {2}Admin API key {2}sp_first\n {17}It is shown this once/m);
    assert.ok(!text.includes('--new-admin-key'));
  });

  it('is how to get another admin key at each later start, by the command that started it', () => {
    const later = { ...running, firstAdminKey: undefined };
    assert.match(readyText(later, env, singleShape), /^ {2}Admin API key .* lost: npm start -- --new-admin-key$/m);
    assert.match(
      readyText(later, env, clusterShape),
      /^ {2}Admin API key .* lost: npm run cluster -- --new-admin-key$/m,
    );
  });
});
