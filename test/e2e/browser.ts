/** A headless Chromium, driven by its DevTools protocol: open a page, run JavaScript in it, fill fields, take a picture. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sleep } from '@sendpool/kernel';
import { WebSocket } from 'ws';

/** Undefined where no Chromium is installed. */
export const chromiumPath = (): string | undefined =>
  [process.env['CHROMIUM_PATH'], '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
    (path) => path !== undefined && existsSync(path),
  );

export type Browser = {
  open(url: string): Promise<void>;
  /** The value of a JavaScript expression in the page; a promise is waited for. Throws what it throws. */
  run<Value>(expression: string): Promise<Value>;
  /** Puts a text in the place of everything that is in the field, as somebody does with Ctrl-A and Ctrl-V. */
  replace(field: string, text: string): Promise<void>;
  /** PNG of what is to be seen. */
  picture(): Promise<Buffer>;
  /** What the page has complained of: errors of its scripts, and of its content security policy. */
  complaints(): readonly string[];
  close(): Promise<void>;
};

const flags = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--disable-dev-shm-usage',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--window-size=1400,900',
  '--remote-debugging-port=0',
];

type Message = { id?: number; method?: string; params?: unknown; result?: unknown; error?: { message: string } };
type Connection = {
  call<Result>(method: string, params?: object): Promise<Result>;
  close(): void;
};

/** `onEvent` hears what is no answer. */
const connect = async (url: string, onEvent: (message: Message) => void): Promise<Connection> => {
  const socket = new WebSocket(url);
  await once(socket, 'open');
  const waiting = new Map<number, (message: Message) => void>();
  let last = 0;
  socket.on('message', (data: Buffer) => {
    const message = JSON.parse(data.toString()) as Message;
    if (message.id === undefined) onEvent(message);
    else waiting.get(message.id)?.(message);
  });
  return {
    call: async <Result>(method: string, params: object = {}) => {
      const id = (last += 1);
      const answered = new Promise<Message>((resolve) => waiting.set(id, resolve));
      socket.send(JSON.stringify({ id, method, params }));
      const { result, error } = await answered;
      waiting.delete(id);
      if (error !== undefined) throw new Error(`${method}: ${error.message}`);
      return result as Result;
    },
    close: () => socket.close(),
  };
};

const portOf = async (profile: string, child: ChildProcess): Promise<string> => {
  const file = join(profile, 'DevToolsActivePort');
  for (let tries = 0; tries < 300; tries += 1, await sleep(100)) {
    if (existsSync(file)) return readFileSync(file, 'utf8').split('\n')[0]!;
    if (child.exitCode !== null) break;
  }
  throw new Error('Chromium does not start');
};

const firstPage = async (port: string): Promise<string> => {
  for (let tries = 0; tries < 100; tries += 1, await sleep(100)) {
    const targets = (await (await fetch(`http://127.0.0.1:${port}/json`)).json()) as {
      type: string;
      webSocketDebuggerUrl: string;
    }[];
    const page = targets.find(({ type }) => type === 'page');
    if (page !== undefined) return page.webSocketDebuggerUrl;
  }
  throw new Error('Chromium has no page');
};

type Thrown = { exception?: { description?: string }; text: string };

const complaintOf = ({ method, params }: Message): string | undefined => {
  if (method === 'Runtime.exceptionThrown') {
    const { exception, text } = (params as { exceptionDetails: Thrown }).exceptionDetails;
    return exception?.description ?? text;
  }
  if (method !== 'Log.entryAdded') return undefined;
  const { level, text } = (params as { entry: { level: string; text: string } }).entry;
  return level === 'error' ? text : undefined;
};

/** Key events of Ctrl-A (2 is Control). */
const controlA = { key: 'a', code: 'KeyA', windowsVirtualKeyCode: 65, modifiers: 2 };

const pasteInto = (field: string, text: string): string => `{
  const clipboardData = new DataTransfer();
  clipboardData.setData('text/plain', ${JSON.stringify(text)});
  const paste = new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true });
  document.querySelector(${JSON.stringify(field)}).dispatchEvent(paste);
}`;

const evaluate = async <Value>({ call }: Connection, expression: string): Promise<Value> => {
  const options = { expression, awaitPromise: true, returnByValue: true };
  type Evaluated = { result: { value: Value }; exceptionDetails?: Thrown };
  const { result, exceptionDetails } = await call<Evaluated>('Runtime.evaluate', options);
  if (exceptionDetails !== undefined) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
  return result.value;
};

const drive = (connection: Connection): Pick<Browser, 'open' | 'run' | 'replace' | 'picture'> => ({
  open: async (url) => {
    await connection.call('Page.navigate', { url });
  },
  run: <Value>(expression: string) => evaluate<Value>(connection, expression),
  replace: async (field, text) => {
    await evaluate(connection, `document.querySelector(${JSON.stringify(field)}).focus()`);
    for (const type of ['rawKeyDown', 'keyUp']) await connection.call('Input.dispatchKeyEvent', { type, ...controlA });
    await evaluate(connection, pasteInto(field, text));
  },
  picture: async () => Buffer.from((await connection.call<{ data: string }>('Page.captureScreenshot')).data, 'base64'),
});

export const startBrowser = async (path: string): Promise<Browser> => {
  const profile = mkdtempSync(join(tmpdir(), 'sendpool-chromium-'));
  const child = spawn(path, [...flags, `--user-data-dir=${profile}`, 'about:blank'], { stdio: 'ignore' });
  const complaints: string[] = [];
  const connection = await connect(await firstPage(await portOf(profile, child)), (message) => {
    const complaint = complaintOf(message);
    if (complaint !== undefined) complaints.push(complaint);
  });
  for (const domain of ['Page', 'Runtime', 'Log']) await connection.call(`${domain}.enable`);
  return {
    ...drive(connection),
    complaints: () => complaints,
    close: async () => {
      connection.close();
      const gone = once(child, 'exit');
      child.kill('SIGTERM');
      await gone;
      rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    },
  };
};
