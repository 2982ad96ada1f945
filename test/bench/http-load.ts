/** Asks one HTTP server the same over and over, on a few kept connections. */
import { Agent, request } from 'node:http';

export type Question = {
  port: number;
  body: string;
  /** Made anew for each request: signatures have a time. */
  headers(): Record<string, string>;
};

const connections = 16;

type Answer = { status: number; text: string };

const ask = ({ port, body, headers }: Question, agent: Agent): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, path: '/graphql', method: 'POST', agent };
    const given = { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)) };
    const sent = request({ ...options, headers: { ...given, ...headers() } }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (piece: string) => (text += piece));
      response.once('end', () => resolve({ status: response.statusCode!, text }));
    });
    sent.once('error', reject).end(body);
  });

const check = ({ status, text }: Answer): void => {
  if (status !== 200 || text.includes('"errors"')) throw new Error(`answered ${status}: ${text.slice(0, 300)}`);
};

/** For so many milliseconds; the number of answers. Throws when one has an error. */
export const askFor = async (question: Question, ms: number): Promise<number> => {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const end = performance.now() + ms;
  let answers = 0;
  const keepAsking = async (): Promise<void> => {
    while (performance.now() < end) {
      check(await ask(question, agent));
      answers += 1;
    }
  };
  await Promise.all(Array.from({ length: connections }, keepAsking)).finally(() => agent.destroy());
  return answers;
};
