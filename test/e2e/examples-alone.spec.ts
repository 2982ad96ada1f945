/** The examples without a Sendpool: in a project of their own, and what they say when nothing answers, or something else does. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { freePort } from '../../apps/standalone/src/ports.ts';
import { startProgram, withoutPython, type Program } from './program.ts';

/** The recipe of the README up to its first request, with the packages of this repository in the place of `npm install`. */
const recipe = (): string => {
  const page = readFileSync('examples/typescript/README.md', 'utf8');
  return /## In a project of your own.*?^```sh\n(.*?)^```$/ms
    .exec(page)![1]!
    .replace(/^SENDPOOL=.*$/m, `SENDPOOL=${resolve('.')}`)
    .replaceAll(/^npm install .*\n/gm, '')
    .replace(/^npx node .*\n/m, '')
    .replaceAll(/^npx /gm, '../node_modules/.bin/');
};

describe('the examples, where no Sendpool is', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sendpool-examples-alone-'));
  const project = join(folder, 'my-sender');
  let page: Server;

  before(async () => {
    symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));
    page = createServer((_, res) => void res.end('<html>another program</html>')).listen(0, '127.0.0.1');
    await once(page, 'listening');
  });
  after(() => {
    page.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('become a project of their own by the recipe of the README: types are generated, and the compiler uses them', async () => {
    const made = startProgram(['bash', '-euc', recipe()], {}, folder);
    assert.equal(await made.ended, 0, made.said());
    writeFileSync(join(project, 'wrong.ts'), "import { run } from './api.ts';\nawait run('text', {});\n");
    const checked = startProgram(['../node_modules/.bin/tsc'], {}, project);
    assert.notEqual(await checked.ended, 0);
    assert.match(checked.said(), /^wrong\.ts\(2,11\)/);
  });

  const examples = {
    curl: { command: ['bash', resolve('examples/curl/send-campaign.sh')], skip: false },
    Python: {
      command: ['python3', '-X', 'utf8', '-B', resolve('examples/python/send_campaign.py')],
      skip: withoutPython,
    },
    TypeScript: { command: [process.execPath, 'send-campaign.ts'], skip: false },
  } as const;

  for (const [language, { command, skip }] of Object.entries(examples)) {
    const failAt = async (url: string): Promise<Program> => {
      const program = startProgram(command, { SENDPOOL_URL: url, SENDPOOL_API_KEY: 'sp_any' }, project);
      assert.equal(await program.ended, 1, program.said());
      assert.doesNotMatch(program.said(), /Traceback|^ +at /m);
      return program;
    };

    it(`say in ${language} that nothing answers, and where, without a trace of the stack`, { skip }, async () => {
      const url = `http://127.0.0.1:${await freePort()}`;
      assert.ok((await failAt(url)).said().includes(`${url} does not answer`));
    });

    it(`say in ${language} that another program answers there`, { skip }, async () => {
      const url = `http://127.0.0.1:${(page.address() as AddressInfo).port}`;
      assert.ok((await failAt(url)).said().includes(`${url} is no Sendpool API`));
    });
  }
});
