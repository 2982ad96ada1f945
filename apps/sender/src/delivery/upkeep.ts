/** What is looked after once a second and never per message: probes of broken servers, idle connections, and slow adjustments. */
import { messageOf } from '@sendpool/kernel';
import { isInForce } from '../domain/eligibility.ts';
import { recoverLimits } from '../domain/limits.ts';
import type { Context } from './context.ts';
import { sweepIdle } from './lines.ts';
import { leastReadAhead, type Server } from './server.ts';

const probe = async (context: Context, server: Server): Promise<void> => {
  const { revision } = server.config;
  const answer = await context
    .probe(server.smtp, server.config)
    .catch((error: unknown) => ({ ok: false as const, message: messageOf(error) }));
  if (!answer.ok) server.lastError = answer.message;
  server.breaker.probed(revision, answer.ok, context.clock.monotonic());
  context.freed(server);
};

/** More started messages wait than the connections need: ask for fewer ahead, so that less is in doubt if the process dies. */
const shrinkReadAhead = (server: Server): void => {
  const least = leastReadAhead(server.connections);
  if (server.ready.length > server.connections && server.readAhead > least)
    server.readAhead = Math.max(least, server.readAhead - Math.ceil(server.readAhead / 8));
};

export const lookAfter = (context: Context, server: Server, now: number): void => {
  sweepIdle(server, now - context.settings.idleMs);
  shrinkReadAhead(server);
  recoverLimits(server.limits);
  if (isInForce(server.config) && server.breaker.beginProbe(now)) void probe(context, server);
};
