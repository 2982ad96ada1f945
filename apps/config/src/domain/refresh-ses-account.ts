/** Looks at the account of a server of kind SES again: its quota and rate are limits of the server, and AWS may pause it. */
import { changeRow } from './change-row.ts';
import { good } from './result.ts';
import { effectiveLimits, isSameConnection, type SendingServer } from './sending-server.ts';
import type { ServerStore } from './stores.ts';
import { verificationOf, withAccount, type ProbeAnswer } from './verify-sending-server.ts';

export type RefreshSesDeps = {
  servers: ServerStore;
  probe(server: SendingServer): Promise<ProbeAnswer>;
  now(): Date;
};

/** Between two looks at one account. */
const gapMs = 3_600_000;

/** A network that is away says nothing of the account; the senders notice by themselves. */
const saysSomething = (answer: ProbeAnswer): boolean =>
  answer.ok || answer.account !== undefined || answer.stage === 'AUTH';

/** The server with what the answer says of it. The verification is as it was when its status did not change. */
const refreshed = (server: SendingServer, answer: ProbeAnswer, at: Date): SendingServer => {
  if (!saysSomething(answer)) return server;
  const verification = verificationOf(answer, at);
  const next = withAccount(server, answer.account);
  return verification.status === server.verification.status ? next : { ...next, verification };
};

/** True when the senders need not know. */
const isSilent = (before: SendingServer, after: SendingServer): boolean =>
  before.verification.status === after.verification.status &&
  JSON.stringify(effectiveLimits(before)) === JSON.stringify(effectiveLimits(after));

const refreshOne = async (deps: RefreshSesDeps, id: string): Promise<void> => {
  const [asked] = await deps.servers.find([id]);
  if (asked === undefined || asked.kind !== 'SES' || asked.deletedAt !== null) return;
  const answer = await deps.probe(asked);
  let silent: SendingServer | undefined;
  const decide = (current: SendingServer) => {
    const next = isSameConnection(asked, current) ? refreshed(current, answer, deps.now()) : current;
    silent = isSilent(current, next) ? next : undefined;
    return good(silent === undefined ? next : current);
  };
  await changeRow(deps.servers, { id, noun: 'sending server', decide });
  if (silent?.ses?.account) await deps.servers.noteSesAccount(id, silent.ses.account);
};

/** Looks at the accounts that are due, each once an hour over all processes, one after the other until `signal` is aborted. */
export const createRefreshSesAccounts =
  (deps: RefreshSesDeps) =>
  async (signal?: AbortSignal): Promise<void> => {
    const next = () => (signal?.aborted ? undefined : deps.servers.claimSesAccount(deps.now(), gapMs));
    for (let id = await next(); id !== undefined; id = await next()) await refreshOne(deps, id);
  };
