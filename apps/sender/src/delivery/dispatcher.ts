/**
 * The way of a message through the sender: queue of its pool, server by weight, queue of the server, start bit, connection.
 * The server is chosen first and the message waits for it, so that the weights hold also when there is more mail than connections.
 */
import type { CampaignRecord, PoolConfig, SendingServerConfig, ServerUsage } from '@sendpool/contracts';
import type { SmtpServer } from '@sendpool/smtp';
import type { ReadyMessage } from '../domain/lane-types.ts';
import { domainOf, providerOf } from '../domain/provider.ts';
import type { Share } from '../domain/pace.ts';
import type { ServerState } from '../domain/server-state.ts';
import {
  applyLanes,
  applyPool,
  applyServer,
  applyUsage,
  applyWarning,
  dropUnwanted,
  standDown,
  withdraw,
} from './apply.ts';
import type { DeliveryDeps } from './context.ts';
import { shutAll } from './lines.ts';
import { createPump, type Pump } from './pump.ts';
import { statusOfServers } from './status.ts';
import { createTask } from './task.ts';
import { lookAfter } from './upkeep.ts';

export type Dispatcher = {
  /** A fresh message of a lane. It ends by `finish` or `giveBack` of the keeper, or is forgotten when its lane is gone. */
  offer(message: ReadyMessage): void;
  /** Offered messages that may not be started any more are forgotten. */
  withdraw(messages: readonly ReadyMessage[]): void;
  /** Lanes are given up: messages that are started and not in conversation end as RELEASED, so that nobody has to wait for them. */
  standDown(): void;
  readonly settings: {
    server(config: SendingServerConfig, smtp: SmtpServer): void;
    pool(config: PoolConfig): void;
    /** False when the same or a higher revision of the campaign is known. */
    campaign(record: CampaignRecord): boolean;
    lanes(owned: ReadonlySet<number>): void;
    usage(usage: ServerUsage): void;
    /** Another sender has found this server broken. */
    warn(serverId: string): void;
  };
  status(): ServerState[];
  /** Closes every connection. Call it when no conversation runs any more. */
  close(): void;
};

const offer = (pump: Pump, message: ReadyMessage): void => {
  const { campaignId, email } = message.request;
  const campaign = pump.context.campaigns.get(campaignId);
  if (campaign === undefined)
    return pump.context.keeper.giveBack(message, { outcome: 'RELEASED', reason: 'NO_CAMPAIGN' });
  pump.enqueue(createTask(message, pump.pool(campaign.poolId), providerOf(domainOf(email))));
};

const upkeepMs = 1000;

const lookAfterAll = (pump: Pump): void => {
  const now = pump.context.clock.monotonic();
  for (const server of pump.context.servers.values()) {
    lookAfter(pump.context, server, now);
    pump.context.freed(server);
  }
};

const createSettings = (pump: Pump): Dispatcher['settings'] => {
  const { context } = pump;
  let share: Share = { owned: new Set(), lanes: context.settings.lanes };
  return {
    server: (config, smtp) => applyServer(context, { config, smtp, share }),
    pool: (config) => applyPool(pump, config),
    campaign: (record) => {
      const isNew = context.campaigns.apply(record);
      if (isNew && record.status !== 'SENDING') dropUnwanted(pump);
      return isNew;
    },
    lanes: (owned) => {
      share = { ...share, owned };
      applyLanes(context, share);
    },
    usage: (usage) => applyUsage(context, usage),
    warn: (serverId) => applyWarning(context, serverId),
  };
};

export const createDispatcher = (deps: DeliveryDeps): Dispatcher => {
  const pump = createPump(deps);
  const timer = setInterval(() => lookAfterAll(pump), upkeepMs);
  return {
    offer: (message) => offer(pump, message),
    withdraw: (messages) => withdraw(pump, messages),
    standDown: () => standDown(pump),
    settings: createSettings(pump),
    status: () => statusOfServers(pump.context),
    close: () => {
      clearInterval(timer);
      pump.stop();
      for (const server of pump.context.servers.values()) shutAll(server);
    },
  };
};
