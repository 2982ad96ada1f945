/** Verifies a sending server by a real conversation up to AUTH, of kind SES by a question for its account, and stores what came of it. */
import type { SmtpStage } from '@sendpool/contracts';
import { changeRow, notFound } from './change-row.ts';
import { good, refuse, type Result } from './result.ts';
import { quotaAdvice } from './ses-quota.ts';
import { isSameConnection, type SendingServer, type Verification } from './sending-server.ts';
import type { SesAccount } from './ses.ts';
import type { ServerStore } from './stores.ts';

export type ProbeAnswer = (
  { readonly ok: true } | { readonly ok: false; readonly stage: SmtpStage; readonly message: string }
) & {
  /** Of kind SES: what the account said of itself, also when it may not send. */
  readonly account?: SesAccount;
};

export type VerifySendingServerDeps = {
  servers: ServerStore;
  /** Connects, says EHLO, STARTTLS, AUTH and QUIT; asks SES for the account. Its message names no secret. */
  probe(server: SendingServer): Promise<ProbeAnswer>;
  now(): Date;
};

/** Verifications of one server are at least this far apart, so that it is no tool to guess passwords or scan ports. */
const gapMs = 2000;

export const verificationOf = (answer: ProbeAnswer, at: Date): Verification =>
  answer.ok
    ? { status: 'PASSED', at, failedStage: null, message: null }
    : { status: 'FAILED', at, failedStage: answer.stage, message: answer.message };

/** The server with the account as it was just found. */
export const withAccount = (server: SendingServer, account: SesAccount | undefined): SendingServer =>
  server.ses === null || account === undefined ? server : { ...server, ses: { ...server.ses, account } };

type Found = { answer: ProbeAnswer; at: Date; others: readonly SendingServer[] };

const verified = (current: SendingServer, { answer, at, others }: Found): SendingServer => {
  const server = withAccount(current, answer.account);
  const verification = verificationOf(answer, at);
  return {
    ...server,
    verification: answer.ok ? { ...verification, message: quotaAdvice(server, others) } : verification,
  };
};

/** What the probe found holds only while the server is reached as it was then. */
const settle = (probed: SendingServer, found: Found) => (current: SendingServer) =>
  isSameConnection(probed, current)
    ? good(verified(current, found))
    : refuse('CONFLICT', 'The sending server was changed while it was being verified. Verify it again.', [
        'input',
        'id',
      ]);

export const createVerifySendingServer =
  (deps: VerifySendingServerDeps) =>
  async (id: string): Promise<Result<SendingServer>> => {
    const [server] = await deps.servers.find([id]);
    if (server === undefined || server.deletedAt !== null) return notFound('sending server', id);
    if (!(await deps.servers.claimVerification(id, deps.now(), gapMs)))
      return refuse('CONFLICT', 'The sending server was verified a moment ago. Wait two seconds and verify it again.', [
        'input',
        'id',
      ]);
    const answer = await deps.probe(server);
    const others = server.kind === 'SES' ? await deps.servers.withSameSesAccount(server) : [];
    const found = { answer, at: deps.now(), others };
    return changeRow(deps.servers, { id, noun: 'sending server', decide: settle(server, found) });
  };
