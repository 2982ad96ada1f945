/** The help of `sendpool`, made of the commands. */
import { commands } from './api/commands/index.ts';

const lines = Object.entries(commands).map(([name, { takes, help }]) => {
  const call = [name, ...takes].join(' ');
  return `  ${call.padEnd(30)}${help}`;
});

export const usage = `npm run -s sendpool -- <command>

${lines.join('\n')}

Options
  --url <url>             where Sendpool answers; else SENDPOOL_URL, else http://127.0.0.1:4000
  --json                  the answer as JSON: with npm run -s, as npm would print lines before it
  --window <window>       of servers and stats: LAST_MINUTE, LAST_HOUR (default), LAST_DAY, ALL
  --campaign <id>         of events: only of this campaign
  --after <cursor>        of events: everything after this one first
  --help                  this text

The API key is read from SENDPOOL_API_KEY: READER is enough to look, OPERATOR sends tests, starts and stops campaigns.`;
