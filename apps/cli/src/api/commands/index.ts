/** The commands of `sendpool` by name. */
import type { Command } from '../command.ts';
import { campaign, campaigns, cancel, pause, resume, start, test } from './campaigns.ts';
import { events, watch } from './live.ts';
import { pools } from './pools.ts';
import { servers, stats } from './servers.ts';
import { whoami } from './whoami.ts';

export const commands: Readonly<Record<string, Command>> = {
  whoami,
  servers,
  pools,
  stats,
  campaigns,
  campaign,
  test,
  start,
  pause,
  resume,
  cancel,
  watch,
  events,
};
