/** One message through the API, and what became of it in the words of every transport. */
import { SendEmailCommand, type SendEmailCommandInput, type SendEmailCommandOutput } from '@aws-sdk/client-sesv2';
import type { SendResult, SmtpReply } from '@sendpool/contracts';
import { classifyAnswer, errorOf, sayError } from './classify.ts';
import { askSes, withoutSecrets, type Asked, type SesClient } from './client.ts';
import type { Answer, SesTimeouts } from './exchange.ts';

export type Mail = { from: string; to: string; message: string; configurationSet: string | null };

const oneAddress = /^[!-~]+$/;
const notInAddress = /[,;<>"()]/;

/** The API reads lists and names in an address: whatever is more than one plain address is refused before. */
const isOneAddress = (text: string): boolean =>
  oneAddress.test(text) &&
  !notInAddress.test(text) &&
  text.indexOf('@') > 0 &&
  text.indexOf('@') === text.lastIndexOf('@');

/** The API has no reply codes: 0. */
const replyOf = (text: string): SmtpReply => ({ code: 0, enhanced: null, text: text.slice(0, 200) });

const refuseAddresses = ({ from, to }: Mail): SendResult | null => {
  const message = 'one address alone is wanted: no name, list, quotes, brackets or blanks';
  if (!isOneAddress(from))
    return { kind: 'SERVER_FAILURE', stage: 'MAIL', failure: 'SENDER_REFUSED', reply: null, message };
  if (isOneAddress(to)) return null;
  const reply = replyOf(message);
  return { kind: 'BOUNCED', stage: 'RCPT', reply, bounceClass: 'HARD', reason: 'BAD_ADDRESS', latencyMs: 0 };
};

/** Latin-1: one byte a character, which is what the compiler makes. Lines end in CRLF, as they do over SMTP. */
const bytesOf = (message: string): Buffer => Buffer.from(message.replaceAll(/\r\n|\r|\n/g, '\r\n'), 'latin1');

const inputOf = ({ from, to, message, configurationSet }: Mail): SendEmailCommandInput => ({
  FromEmailAddress: from,
  Destination: { ToAddresses: [to] },
  Content: { Raw: { Data: bytesOf(message) } },
  ...(configurationSet !== null && { ConfigurationSetName: configurationSet }),
});

/** `say` takes out what may not be told. */
type Say = (text: string) => string;

const refusalOf = (answer: Answer, say: Say, latencyMs: number): SendResult => {
  const error = errorOf(answer);
  const verdict = classifyAnswer(error);
  const text = say(sayError(error));
  if (verdict.kind === 'UNKNOWN') return { kind: 'UNKNOWN', message: text };
  if (verdict.kind === 'BOUNCED') return { ...verdict, reply: replyOf(text), latencyMs };
  return { ...verdict, reply: replyOf(text), message: text };
};

/** There was no whole answer: what counts is whether the request had begun to leave. */
const lossOf = ({ exchange: { stage }, error }: Asked<unknown>, say: Say): SendResult => {
  const message = say(error?.message ?? 'no answer');
  if (stage === 'END_OF_DATA') return { kind: 'UNKNOWN', message };
  const failure = stage === 'AUTH' ? 'AUTH' : 'CONNECTION';
  return { kind: 'SERVER_FAILURE', stage, failure, reply: null, message: `${stage}: ${message}` };
};

const resultOf = (asked: Asked<SendEmailCommandOutput>, client: SesClient, latencyMs: number): SendResult => {
  const { answer } = asked.exchange;
  const say: Say = (text) => withoutSecrets(text, client, asked.exchange);
  if (answer === undefined) return lossOf(asked, say);
  if (answer.statusCode >= 300) return refusalOf(answer, say, latencyMs);
  const remoteId = say(asked.output?.MessageId ?? '');
  if (remoteId === '') return { kind: 'UNKNOWN', message: `HTTP ${answer.statusCode} without a message id` };
  return { kind: 'ACCEPTED', reply: replyOf(`Ok ${remoteId}`), latencyMs, remoteId };
};

/** Never rejects. Aborting the controller ends it where it stands. */
export const sendMail = async (
  client: SesClient,
  mail: Mail,
  options: { timeouts: SesTimeouts; controller: AbortController },
): Promise<SendResult> => {
  const refused = refuseAddresses(mail);
  if (refused !== null) return refused;
  const startedAt = performance.now();
  const command = new SendEmailCommand(inputOf(mail));
  const asked = await askSes(client, { command, send: () => client.sdk.send(command) }, options);
  return resultOf(asked, client, Math.round(performance.now() - startedAt));
};
