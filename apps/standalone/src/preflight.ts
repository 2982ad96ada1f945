/** What can be known before anything is started: the environment of every service, and whether database and brokers answer. */
import { connect } from 'node:net';
import { createEventLog } from '@sendpool/event-log';
import { AppError, isAppError, messageOf } from '@sendpool/kernel';
import { readConfigEnv } from '../../config/src/env.ts';
import { readGatewayEnv } from '../../gateway/src/env.ts';
import { readSchedulerEnv } from '../../scheduler/src/env.ts';
import { readSenderEnv } from '../../sender/src/env.ts';
import { readStatsEnv } from '../../stats/src/env.ts';
import { answerWithin } from './answer-within.ts';
import { brokerAddresses } from './event-log-note.ts';
import { wholeEnvironment, type ServicePlan } from './services.ts';
import type { ServiceName } from './shape.ts';

const readers: Readonly<Record<ServiceName, (source: NodeJS.ProcessEnv) => object>> = {
  config: readConfigEnv,
  scheduler: readSchedulerEnv,
  stats: readStatsEnv,
  sender: readSenderEnv,
  gateway: readGatewayEnv,
};

const faultsOf = (plan: ServicePlan, source: NodeJS.ProcessEnv): string[] => {
  try {
    readers[plan.service](wholeEnvironment(plan, source));
    return [];
  } catch (error) {
    if (!isAppError(error, 'BAD_CONFIGURATION')) throw error;
    return error.message.split('\n').slice(1);
  }
};

/** Throws AppError BAD_CONFIGURATION with every fault in one line, each once, and no value. */
export const checkSettings = (plans: readonly ServicePlan[], source: NodeJS.ProcessEnv = process.env): void => {
  const faults = new Set(plans.flatMap((plan) => faultsOf(plan, source)).map((fault) => fault.trim()));
  if (faults.size === 0) return;
  throw new AppError('BAD_CONFIGURATION', `the environment is not usable: ${[...faults].join('; ')}`);
};

const connectMs = 3_000;
const useMs = 20_000;

/** Why no connection to `host:port` can be had; undefined when it can. */
const whyUnreachable = (address: string): Promise<string | undefined> =>
  new Promise((resolve) => {
    const split = address.lastIndexOf(':');
    const host = address.slice(0, split).replace(/^\[|\]$/g, '');
    const socket = connect({ host, port: Number(address.slice(split + 1)), timeout: connectMs });
    const answer = (why?: string): void => {
      socket.destroy();
      resolve(why);
    };
    socket
      .once('connect', () => answer())
      .once('timeout', () => answer(`no answer within ${connectMs / 1000} s`))
      .once('error', (error: NodeJS.ErrnoException) => answer(error.code ?? error.message));
  });

/** One try. Throws AppError BAD_CONFIGURATION with hosts and reasons when no broker can be reached, or the first one cannot be used. */
export const checkBrokers = async (kafkaBrokers: string): Promise<void> => {
  const addresses = brokerAddresses(kafkaBrokers);
  const bad = addresses.find((address) => Number(/:(\d+)$/.exec(address)![1]) > 65_535);
  if (bad !== undefined) throw new AppError('BAD_CONFIGURATION', `KAFKA_BROKERS: ${bad} is no port`);
  const reasons = await Promise.all(addresses.map(whyUnreachable));
  if (reasons.every((reason) => reason !== undefined)) {
    const each = addresses.map((address, index) => `${address} (${reasons[index]})`);
    throw new AppError('BAD_CONFIGURATION', `KAFKA_BROKERS: no broker can be reached: ${each.join(', ')}`);
  }
  try {
    const options = {
      url: `kafka://${kafkaBrokers}`,
      applicationName: 'sendpool launcher',
      onWarning: () => undefined,
    };
    const eventLog = await answerWithin(useMs, createEventLog(options));
    await eventLog.close();
  } catch (error) {
    const message = `KAFKA_BROKERS: ${addresses.join(', ')} cannot be used: ${messageOf(error)}`;
    throw new AppError('BAD_CONFIGURATION', message, { cause: error });
  }
};
