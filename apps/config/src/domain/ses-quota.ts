/** Servers of kind SES that have one account and region in common: its rate and quota are there once, and each server takes them as its own limits. */
import { effectiveLimits, type SendingServer } from './sending-server.ts';

const together = (servers: readonly SendingServer[], name: 'messagesPerSecond' | 'messagesPerDay'): number =>
  servers.reduce((sum, server) => sum + (effectiveLimits(server)[name] ?? Infinity), 0);

/** What to do when `server` and the others may together send more than their account allows, in words; null when they may not. */
export const quotaAdvice = (server: SendingServer, others: readonly SendingServer[]): string | null => {
  const account = server.ses?.account;
  if (!account || others.length === 0) return null;
  const { maxSendRate, max24HourSend } = account;
  const all = [server, ...others];
  const isWithin =
    together(all, 'messagesPerSecond') <= maxSendRate && together(all, 'messagesPerDay') <= (max24HourSend ?? Infinity);
  if (isWithin) return null;
  const quota = max24HourSend === null ? '' : ` and a messagesPerDay (${max24HourSend} together)`;
  return (
    `It passed, but shares the quota of its Amazon SES account in this region with ${others.map(({ name }) => name).join(', ')}, and ` +
    `each takes all of it: give each of them a messagesPerSecond (${maxSendRate} together)${quota} of its own.`
  );
};
