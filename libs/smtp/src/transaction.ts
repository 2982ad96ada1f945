/**
 * One mail transaction (RFC 5321, 3.3): MAIL, RCPT, DATA and the content, with pipelining (RFC 2920) in two writes. It says how far it came,
 * because only that tells "never left" from "may have arrived".
 */
import type { SmtpReply, SmtpStage } from '@sendpool/contracts';
import { parseReply } from './reply.ts';
import type { SmtpTimeouts } from './server.ts';
import type { Wire } from './wire.ts';

export type Verdict =
  | { kind: 'ACCEPTED'; reply: SmtpReply }
  | { kind: 'REFUSED'; stage: SmtpStage; reply: SmtpReply }
  /** No answer; `isHandedOver`: the final dot may have left. */
  | { kind: 'LOST'; stage: 'MAIL' | 'CONTENT' | 'END_OF_DATA'; message: string };

type Mail = { from: string; to: string; content: string };

/** A connection that breaks while such a piece travels is noticed before the next one. */
const pieceLength = 16_384;

const isPositive = ({ code }: SmtpReply): boolean => code >= 200 && code < 300;
const isRefusal = ({ code }: SmtpReply): boolean => code >= 400 && code < 600;

const bareBreak = (text: string): boolean => {
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) {
    if (text.charCodeAt(at - 1) !== 13) return true;
  }
  for (let at = text.indexOf('\r'); at !== -1; at = text.indexOf('\r', at + 1)) {
    if (text.charCodeAt(at + 1) !== 10) return true;
  }
  return false;
};

/** Lines end in CRLF, a dot at the start of a line is doubled (RFC 5321, 4.5.2), and the final dot stands alone. */
export const withFinalDot = (content: string): string => {
  let text = bareBreak(content) ? content.replaceAll(/\r\n|\r|\n/g, '\r\n') : content;
  if (text.startsWith('.') || text.includes('\n.')) text = text.replaceAll(/^\./gm, '..');
  return `${text}${text === '' || text.endsWith('\r\n') ? '' : '\r\n'}.\r\n`;
};

const stages = ['MAIL', 'RCPT', 'DATA'] as const;

type Asked = { stage: (typeof stages)[number]; reply: SmtpReply };

class Unanswered extends Error {}

const isExpected = ({ stage, reply }: Asked): boolean => (stage === 'DATA' ? reply.code === 354 : isPositive(reply));

const ask = async (wire: Wire, stage: Asked['stage'], limitMs: number): Promise<Asked> => {
  const reply = parseReply(await wire.reply(limitMs));
  const asked = { stage, reply };
  if (isExpected(asked) || isRefusal(reply)) return asked;
  throw new Unanswered(`${stage}: an answer that is none: ${reply.code} ${reply.text}`);
};

/** All three replies belong to us, whatever the first one says; a server that hangs up after a refusal gives no more. */
const askTogether = async (wire: Wire, commands: readonly string[], limitMs: number): Promise<Asked[]> => {
  wire.write(commands.join(''));
  const answers: Asked[] = [];
  try {
    for (const stage of stages) answers.push(await ask(wire, stage, limitMs));
  } catch (error) {
    if (answers.every(isExpected)) throw error;
  }
  return answers;
};

const askInTurn = async (wire: Wire, commands: readonly string[], limitMs: number): Promise<Asked[]> => {
  const answers: Asked[] = [];
  for (const [index, stage] of stages.entries()) {
    wire.write(commands[index]!);
    answers.push(await ask(wire, stage, limitMs));
    if (!isExpected(answers.at(-1)!)) break;
  }
  return answers;
};

/** Ends what a refusal left open, so that the next MAIL begins clean. */
const tidyUp = async (wire: Wire, answers: readonly Asked[], limitMs: number): Promise<void> => {
  try {
    const isOpenForContent = answers.at(-1)!.reply.code === 354;
    wire.write(isOpenForContent ? '.\r\n' : 'RSET\r\n');
    await wire.reply(limitMs);
    wire.rest();
  } catch (error) {
    wire.destroy((error as Error).message);
  }
};

const refusalIn = (answers: readonly Asked[]): Verdict => {
  const { stage, reply } = answers.find((answer) => !isExpected(answer))!;
  return { kind: 'REFUSED', stage, reply };
};

/** Every piece but the last, which carries the final dot. Resolves false when the server has answered before it had all. */
const writeHead = async (wire: Wire, text: string, limitMs: number): Promise<boolean> => {
  const last = Math.max(0, Math.ceil(text.length / pieceLength) - 1) * pieceLength;
  for (let at = 0; at < last; at += pieceLength) {
    if (!wire.write(text.slice(at, at + pieceLength))) await wire.drained(limitMs);
    if (wire.hasReply()) return false;
  }
  wire.write(last === 0 ? text : text.slice(last));
  return true;
};

const sendContent = async (wire: Wire, text: string, timeouts: SmtpTimeouts): Promise<Verdict> => {
  let stage: 'CONTENT' | 'END_OF_DATA' = 'CONTENT';
  try {
    if (await writeHead(wire, text, timeouts.command)) stage = 'END_OF_DATA';
    const reply = parseReply(await wire.reply(timeouts.afterDot));
    if (isRefusal(reply)) {
      if (stage === 'CONTENT') wire.destroy('the server refused the content');
      return { kind: 'REFUSED', stage, reply };
    }
    if (isPositive(reply) && stage === 'END_OF_DATA') return { kind: 'ACCEPTED', reply };
    throw new Unanswered(`an answer that is none: ${reply.code} ${reply.text}`);
  } catch (error) {
    return { kind: 'LOST', stage, message: (error as Error).message };
  }
};

/** The answers to MAIL, RCPT and DATA, or how the connection was lost. */
const begin = async (wire: Wire, mail: Mail, limitMs: number): Promise<Asked[] | Verdict> => {
  const commands = [`MAIL FROM:<${mail.from}>\r\n`, `RCPT TO:<${mail.to}>\r\n`, 'DATA\r\n'];
  try {
    return await (wire.isPipelining ? askTogether : askInTurn)(wire, commands, limitMs);
  } catch (error) {
    return { kind: 'LOST', stage: 'MAIL', message: (error as Error).message };
  }
};

export type Transactions = {
  /** One at a time. Never rejects. After LOST the connection is over. */
  run(mail: Mail): Promise<Verdict>;
};

export const createTransactions = (wire: Wire, timeouts: SmtpTimeouts): Transactions => {
  let tidying: Promise<void> = Promise.resolve();
  const end = (verdict: Verdict): Verdict => {
    if (verdict.kind === 'LOST') wire.destroy(verdict.message);
    else if (verdict.kind === 'REFUSED' && verdict.reply.code === 421) wire.destroy('the server said 421');
    return verdict;
  };
  return {
    run: async (mail) => {
      await tidying;
      wire.listen();
      const answers = await begin(wire, mail, timeouts.command);
      if (!Array.isArray(answers)) return end(answers);
      if (answers.length === 3 && answers.every(isExpected)) {
        const verdict = end(await sendContent(wire, withFinalDot(mail.content), timeouts));
        wire.rest();
        return verdict;
      }
      const verdict = end(refusalIn(answers));
      // Whoever waits for the verdict does not wait for the broom.
      if (wire.isUsable()) tidying = tidyUp(wire, answers, timeouts.command);
      return verdict;
    },
  };
};
