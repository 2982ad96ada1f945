/** Asks Amazon SES what an account may do. Verifies the credentials of a server, and tells its quotas. */
import { GetAccountCommand, type GetAccountCommandOutput } from '@aws-sdk/client-sesv2';
import { classifyAnswer, errorOf, sayError } from './classify.ts';
import { askSes, closeSesClient, createSesClient, withoutSecrets, type Asked, type SesClient } from './client.ts';
import type { SesAccess } from './client.ts';

export type SesAccount = {
  /** False: the account may not send in this region now. */
  sendingEnabled: boolean;
  /** False: in the sandbox, where recipients too must be verified. */
  productionAccess: boolean;
  /** HEALTHY, PROBATION or SHUTDOWN. */
  enforcementStatus: string;
  /** Messages a second. */
  maxSendRate: number;
  /** Messages in 24 hours; null = no limit. */
  max24HourSend: number | null;
  sentLast24Hours: number;
};

export type SesAccountAnswer =
  { ok: true; account: SesAccount } | { ok: false; stage: 'CONNECT' | 'AUTH'; message: string };

/** The API writes "no limit" as -1. */
const limitOf = (value: number | undefined): number | null => (value === undefined || value < 0 ? null : value);

const accountOf = ({
  SendingEnabled,
  ProductionAccessEnabled,
  EnforcementStatus,
  SendQuota,
}: GetAccountCommandOutput): SesAccount | undefined => {
  if (SendingEnabled === undefined || SendQuota?.MaxSendRate === undefined) return undefined;
  return {
    sendingEnabled: SendingEnabled,
    productionAccess: ProductionAccessEnabled ?? false,
    enforcementStatus: EnforcementStatus ?? 'HEALTHY',
    maxSendRate: SendQuota.MaxSendRate,
    max24HourSend: limitOf(SendQuota.Max24HourSend),
    sentLast24Hours: SendQuota.SentLast24Hours ?? 0,
  };
};

const refusalOf = (asked: Asked<unknown>, client: SesClient): SesAccountAnswer => {
  const { exchange, error } = asked;
  const { answer, stage } = exchange;
  const say = (text: string): string => withoutSecrets(text, client, exchange);
  if (answer === undefined || answer.statusCode < 300) {
    const message = say(answer === undefined ? (error?.message ?? 'no answer') : 'the answer is not one of Amazon SES');
    return { ok: false, stage: stage === 'AUTH' ? 'AUTH' : 'CONNECT', message };
  }
  const refused = errorOf(answer);
  const verdict = classifyAnswer(refused);
  const isAuth = verdict.kind === 'SERVER_FAILURE' && verdict.failure === 'AUTH';
  return { ok: false, stage: isAuth ? 'AUTH' : 'CONNECT', message: say(sayError(refused)) };
};

/** GetAccount, once. Milliseconds. Never rejects; no message names the secret. */
export const askSesAccount = async ({
  timeoutMs,
  ...access
}: Omit<SesAccess, 'caCertificate'> & {
  caCertificate?: string | null;
  timeoutMs: number;
}): Promise<SesAccountAnswer> => {
  const client = createSesClient({ caCertificate: null, ...access });
  const command = new GetAccountCommand({});
  const timeouts = { connect: timeoutMs, answer: timeoutMs };
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
  try {
    const asked = await askSes(client, { command, send: () => client.sdk.send(command) }, { timeouts, controller });
    const account = asked.output === undefined ? undefined : accountOf(asked.output);
    if (account === undefined) return refusalOf(asked, client);
    const enforcementStatus = withoutSecrets(account.enforcementStatus, client, asked.exchange);
    return { ok: true, account: { ...account, enforcementStatus } };
  } finally {
    clearTimeout(timer);
    closeSesClient(client);
  }
};
