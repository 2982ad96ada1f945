/** The mail servers of a run: processes that nobody strikes, which misbehave by chance and write down each mail before they answer it. */
import { seededRandom } from '@sendpool/kernel';
import { startSinkProcess, type Fault, type SinkProcess, type SinkRule } from '@sendpool/testing';
import { mailFile } from './evidence.ts';

export type MailServer = {
  readonly name: string;
  readonly weight: number;
  readonly port: number;
  stop(): Promise<void>;
};

const names = ['alpha', 'beta', 'gamma'] as const;
const weights = [5, 3, 2];

/** Time between the final dot and its reply; makes the load last. */
const thinkMs = 40;

/** The largest share of the mails that meets each fault; the seed takes between a fifth and all of it. */
const largest: readonly (readonly [number, Fault])[] = [
  [0.03, { at: 'RCPT', do: 'REPLY', code: 451, text: '4.3.0 Come back later' }],
  [0.01, { at: 'RCPT', do: 'REPLY', code: 550, text: '5.1.1 No such user here' }],
  [0.005, { at: 'RCPT', do: 'SLOW', delayMs: 1_500 }],
  [0.004, { at: 'RCPT', do: 'CLOSE' }],
  [0.004, { at: 'CONTENT', do: 'CLOSE', afterBytes: 2_500 }],
  [0.006, { at: 'END_OF_DATA', do: 'REPLY', code: 452, text: '4.2.2 Mailbox full' }],
  [0.003, { at: 'END_OF_DATA', do: 'REPLY', code: 554, text: '5.6.0 Content refused' }],
  [0.003, { at: 'END_OF_DATA', do: 'SLOW', delayMs: 1_500 }],
  [0.002, { at: 'END_OF_DATA', do: 'CLOSE_AFTER_DOT' }],
  [0.001, { at: 'END_OF_DATA', do: 'RESET_AFTER_DOT' }],
];

const rulesFor = (random: () => number): SinkRule[] =>
  largest.map(([share, fault]) => ({ fault, when: 'BY_CHANCE', share: share * (0.2 + 0.8 * random()) }));

const startOne = async (folder: string, index: number, random: () => number): Promise<MailServer> => {
  const name = names[index]!;
  const rules = rulesFor(random);
  const seed = Math.floor(random() * 2 ** 31);
  const sink: SinkProcess = await startSinkProcess({
    name,
    file: mailFile(folder, name),
    rules,
    seed,
    delayMs: thinkMs,
  });
  return { name, weight: weights[index]!, port: sink.port, stop: () => sink.stop() };
};

/** Their records lie in `folder`. */
export const startMailServers = (folder: string, seed: number): Promise<MailServer[]> => {
  const random = seededRandom(seed);
  return Promise.all(names.map((_name, index) => startOne(folder, index, random)));
};
