/** The examples for integrators and the command line, as they are started by hand, against a running Sendpool whose gateway is killed on the way. */
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { sleep } from '@sendpool/kernel';
import { behaviourOf, startSink, type Sink } from '@sendpool/testing';
import { startProgram, until, withoutPython, type Program } from './program.ts';
import { endStage, processesOf, setStage, type Stage } from './stage.ts';

const folder = mkdtempSync(join(tmpdir(), 'sendpool-examples-'));
const generated = 'examples/typescript/generated';

const campaignOf = (program: Program): string => /campaign (\S+) is started/.exec(program.said())![1]!;

/** Numbers of the recipients in the delivery events of `run`, one for each event. */
const numbersOf = (lines: readonly string[], pattern: RegExp): number[] =>
  lines
    .flatMap((line) => pattern.exec(line)?.[1] ?? [])
    .map(Number)
    .toSorted((a, b) => a - b);

/** Numbers of so many recipients, each once. */
const everyone = (count: number): number[] => Array.from({ length: count }, (_, at) => at);

describe('the examples', () => {
  const children: ChildProcess[] = [];
  let sink: Sink;
  let stage: Stage;

  before(async () => {
    const refusal = { share: 0.2, fault: { at: 'RCPT', do: 'REPLY', code: 550, text: '5.1.1 no such user' } } as const;
    sink = await startSink({ delayMs: 15, behave: behaviourOf([refusal], Math.random) });
    stage = await setStage({ targets: [{ name: 'stage', port: sink.port, weight: 1 }], recipients: 5 });
  });
  after(async () => {
    for (const child of children) child.kill('SIGKILL');
    await endStage(stage);
    await sink.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const start = (command: readonly string[], env: Record<string, string> = {}, cwd?: string): Program => {
    const { gatewayUrl, firstAdminKey } = stage.system;
    const target = { SENDPOOL_URL: gatewayUrl, SENDPOOL_API_KEY: firstAdminKey!, SMTP_PORT: String(sink.port) };
    const program = startProgram(command, { ...target, ...env }, cwd);
    children.push(program.child);
    return program;
  };

  const finish = async (
    command: readonly string[],
    env: Record<string, string> = {},
    cwd?: string,
  ): Promise<Program> => {
    const program = start(command, env, cwd);
    assert.equal(await program.ended, 0, program.said());
    return program;
  };

  const killGateway = (): void => {
    process.kill(processesOf(stage)['gateway']!.pid, 'SIGKILL');
  };

  const cli = (...words: string[]): Program =>
    start([process.execPath, 'apps/cli/src/main.ts', ...words], { SENDPOOL_URL: `${stage.system.gatewayUrl}/graphql` });

  it('generates the types of the example in TypeScript by the command of its README', async () => {
    rmSync(generated, { recursive: true, force: true });
    const command = /^```bash\n(.*?)\n```$/ms.exec(readFileSync('examples/typescript/README.md', 'utf8'))![1]!;
    await finish(['bash', '-c', command]);
    assert.ok(existsSync(join(generated, 'index.ts')));
    // The program is typed by it: a field that the schema does not have would not have passed.
    assert.match(readFileSync(join(generated, 'graphql.ts'), 'utf8'), /FollowEventsSubscription = /);
  });

  it('sends and follows in TypeScript, each event once, though gateway and follower are killed', async () => {
    const contacts = 1500;
    const follow = [process.execPath, 'examples/typescript/follow-events.ts'];
    const env = { RUN: 'typescript', CONTACTS: String(contacts), CURSOR_FILE: join(folder, 'typescript.txt') };
    const first = start(follow, env);
    await until(first, () => first.said().includes('following'));
    const sending = start([process.execPath, 'examples/typescript/send-campaign.ts'], env);
    await until(first, () => first.lines().length > 100);
    killGateway();
    await until(first, () => first.said().split('following').length > 2);
    assert.equal(await sending.ended, 0, sending.said());
    const last = /^FINISHED: (\d+) accepted and (\d+) bounced of 1500$/.exec(sending.lines().at(-1)!);
    assert.ok(Number(last?.[2]) > 0, sending.said());
    assert.equal(Number(last![1]) + Number(last![2]), contacts);
    await until(first, () => first.lines().length >= contacts);
    await sleep(200); // until the cursor of the last page is stored: a crash before that repeats the page
    first.child.kill('SIGKILL');
    await first.ended;
    const second = start(follow, env);
    await until(second, () => second.said().includes('following'));
    await sleep(1000);
    second.child.kill('SIGKILL');
    await second.ended;
    const numbers = numbersOf([...first.lines(), ...second.lines()], /^\S+ [A-Z]+ (\d+) \S+ typescript$/);
    assert.deepEqual(numbers, everyone(contacts));
  });

  const inSmall: { language: string; command: string[]; event: RegExp; skip: string | false }[] = [
    {
      language: 'python',
      command: ['python3', '-X', 'utf8', '-B', '-u', resolve('examples/python/send_campaign.py')],
      event: /^\S+ [A-Z]+ (\d+) \S+ python$/,
      skip: withoutPython,
    },
    {
      language: 'curl',
      command: ['bash', resolve('examples/curl/send-campaign.sh')],
      event: /^"id":"[^"]+","outcome":"[A-Z]+","recipientNumber":(\d+)$/,
      skip: false,
    },
  ];

  for (const { language, command, event, skip } of inSmall) {
    it(`sends a campaign and reads its events in ${language}`, { skip }, async () => {
      const env = { RUN: language, CONTACTS: '150', CURSOR_FILE: join(folder, `${language}.txt`) };
      const program = await finish(command, env);
      assert.match(program.said(), /FINISHED/);
      assert.deepEqual(numbersOf(program.lines(), event), everyone(150));
    });

    it(`makes and sends nothing twice in ${language} when it is started again`, { skip }, async () => {
      const received = sink.received.length;
      const env = { RUN: language, CONTACTS: '150', CURSOR_FILE: join(folder, `${language}.txt`) };
      const program = await finish(command, env);
      assert.match(program.said(), /FINISHED/);
      assert.deepEqual([numbersOf(program.lines(), event), sink.received.length], [[], received]);
    });

    it(`says in ${language} that a key is wrong, and fails`, { skip }, async () => {
      const program = start(command, { SENDPOOL_API_KEY: 'sp_wrong' });
      assert.notEqual(await program.ended, 0);
      assert.match(program.said(), /A valid API key or token is needed/);
      assert.doesNotMatch(program.said(), /Traceback/);
    });

    it(
      `keeps a cursor of its own in ${language} where all examples are run, and goes on from that of another`,
      { skip },
      async () => {
        const together = join(folder, 'together');
        mkdirSync(together, { recursive: true });
        const env = { RUN: `together-${language}`, CONTACTS: '3' };
        await finish(command, env, together);
        assert.ok(readdirSync(together).includes(`${language}-cursor.txt`));
        // Written by hand, with the line end that editors and shells leave.
        const cursor = readFileSync(join(folder, 'typescript.txt'), 'utf8');
        writeFileSync(join(folder, 'other.txt'), `${cursor}\n`);
        const again = await finish(command, { ...env, CURSOR_FILE: join(folder, 'other.txt') });
        assert.ok(again.lines().filter((line) => event.test(line)).length > 0, again.said());
        assert.doesNotMatch(readFileSync(join(together, `${language}-cursor.txt`), 'utf8'), /\s/);
      },
    );
  }

  it('follows in TypeScript beside the others, from a cursor with a line end behind it', async () => {
    const cursor = readFileSync(join(folder, 'typescript.txt'), 'utf8');
    writeFileSync(join(folder, 'edited.txt'), `${cursor}\n`);
    const follow = [process.execPath, 'examples/typescript/follow-events.ts'];
    const program = start(follow, { CURSOR_FILE: join(folder, 'edited.txt') });
    await until(program, () => program.lines().length >= 150);
  });

  it('end in TypeScript, and say why, where another try would end the same: a wrong key, text that is no cursor', async () => {
    const follow = [process.execPath, 'examples/typescript/follow-events.ts'];
    writeFileSync(join(folder, 'bad.txt'), 'no-cursor');
    const badCursor = start(follow, { CURSOR_FILE: join(folder, 'bad.txt') });
    const wrongKey = start(follow, { CURSOR_FILE: join(folder, 'typescript.txt'), SENDPOOL_API_KEY: 'sp_wrong' });
    assert.equal(await badCursor.ended, 1);
    assert.match(badCursor.said(), /^following\n`after` is no cursor\n$/);
    assert.equal(await wrongKey.ended, 1);
    assert.match(wrongKey.said(), /^following\nthe key is not valid\n$/);
    const sending = start([process.execPath, 'examples/typescript/send-campaign.ts'], { SENDPOOL_API_KEY: 'sp_wrong' });
    assert.equal(await sending.ended, 1);
    assert.match(sending.said(), /^it is not done: A valid API key or token is needed: .*\n$/);
  });

  it('is shown by the command line: campaigns, the progress of one, its events, and a refusal', async () => {
    const id = campaignOf(
      await finish(['bash', 'examples/curl/send-campaign.sh'], {
        RUN: 'seen',
        CONTACTS: '7',
        CURSOR_FILE: join(folder, 'seen.txt'),
      }),
    );
    const listed = cli('campaigns');
    assert.equal(await listed.ended, 0, listed.said());
    assert.match(listed.said(), new RegExp(`^seen +${id} +FINISHED +100\\.0 % +7 `, 'm'));

    const watched = cli('watch', id);
    assert.equal(await watched.ended, 0, watched.said());
    assert.match(watched.said(), /100\.0 % {2}\d of 7 accepted/);

    // Behind it are campaigns of the other examples too.
    const cursor = readFileSync(join(folder, 'typescript.txt'), 'utf8');
    const events = cli('events', '--campaign', id, '--after', cursor);
    await until(events, () => events.lines().length >= 7);
    events.child.kill('SIGINT');
    assert.equal(await events.ended, 0, events.said());
    const seen = events
      .lines()
      .map((line) => JSON.parse(line) as { campaign: { id: string }; recipientNumber: number });
    assert.deepEqual(
      seen.map(({ recipientNumber }) => recipientNumber).toSorted((a, b) => a - b),
      everyone(7),
    );
    assert.ok(seen.every(({ campaign }) => campaign.id === id));

    const paused = cli('pause', id);
    assert.equal(await paused.ended, 1);
    assert.match(paused.said(), /the campaign is FINISHED/);
  });
});
