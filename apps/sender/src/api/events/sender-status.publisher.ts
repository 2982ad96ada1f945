/** Says once a second how each server looks from this process, when that has changed, and every five seconds when it has not. */
import { senderStatusTopic } from '@sendpool/contracts';
import type { EventLog } from '@sendpool/event-log';
import type { Log, Part } from '@sendpool/service';
import type { ServerState } from '../../domain/server-state.ts';

export type SenderStatusDeps = {
  eventLog: Pick<EventLog, 'publish'>;
  /** Id of this process. */
  source: string;
  status(): readonly ServerState[];
  /** Told each state, for the metrics. */
  observe(states: readonly ServerState[]): void;
  now(): number;
  log: Log;
};

const everyMs = 1000;
const atLeastMs = 5000;

type Said = { text: string; at: number };

/** The states that are worth saying now; remembers them as said. */
export const toSay = (states: readonly ServerState[], said: Map<string, Said>, now: number): ServerState[] =>
  states.filter((state) => {
    const text = JSON.stringify(state);
    const last = said.get(state.serverId);
    if (last !== undefined && last.text === text && now - last.at < atLeastMs) return false;
    said.set(state.serverId, { text, at: now });
    return true;
  });

const publish = async (deps: SenderStatusDeps, said: Map<string, Said>): Promise<void> => {
  const { source } = deps;
  const at = deps.now();
  const states = deps.status();
  deps.observe(states);
  const records = toSay(states, said, at).map((state) => ({
    partition: 0,
    key: `${source}:${state.serverId}`,
    value: senderStatusTopic.encode({ type: 'SENDER', source, at, ...state }),
  }));
  if (records.length > 0) await deps.eventLog.publish(senderStatusTopic.name, records);
};

export const publishSenderStatus = (deps: SenderStatusDeps): Part => {
  const said = new Map<string, Said>();
  let running = Promise.resolve();
  let isRunning = false;
  let timer: NodeJS.Timeout | undefined;
  const turn = async (): Promise<void> => {
    isRunning = true;
    await publish(deps, said).catch((error: unknown) => deps.log.warn({ error }, 'the status could not be published'));
    isRunning = false;
  };
  const tick = (): void => {
    if (!isRunning) running = turn();
  };
  return {
    name: 'sender-status',
    start: async () => {
      timer = setInterval(tick, everyMs);
    },
    stop: async () => {
      clearInterval(timer);
      await running;
      await turn();
    },
  };
};
