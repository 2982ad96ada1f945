/** For specs: a dispatcher over a keeper whose start bits are durable at once, with builders for settings and messages. */
import { onlyConnections, type CampaignRecord, type SendingServerConfig, type SendRequest } from '@sendpool/contracts';
import { sleep, systemClock } from '@sendpool/kernel';
import { openConnection, probeServer } from '@sendpool/smtp';
import { serverRecord } from '@sendpool/testing';
import { breakerLimits } from '../domain/breaker.ts';
import type { GivenBack, ReadyMessage, Report } from '../domain/lane-types.ts';
import type { ServerState } from '../domain/server-state.ts';
import { createCampaigns, type Compile } from './campaigns.ts';
import type { DeliverySettings, Keeper, OpenConnection, ProbeServer } from './context.ts';
import { createDispatcher, type Dispatcher } from './dispatcher.ts';

/** What became of each recipient, in order. */
type FakeKeeper = Keeper & {
  readonly finished: Map<number, Report[]>;
  readonly givenBack: Map<number, GivenBack[]>;
  /** Messages that ended, one way or the other. */
  ended(): number;
  isLost: boolean;
  /** Milliseconds until a start bit is durable. */
  startMs: number;
};

const add = <Item>(map: Map<number, Item[]>, { request }: ReadyMessage, item: Item): void => {
  const items = map.get(request.recipient);
  if (items === undefined) map.set(request.recipient, [item]);
  else items.push(item);
};

const createFakeKeeper = (): FakeKeeper => {
  let ended = 0;
  const keeper: FakeKeeper = {
    finished: new Map(),
    givenBack: new Map(),
    isLost: false,
    startMs: 0,
    ended: () => ended,
    start: async () => {
      if (keeper.startMs > 0) await sleep(keeper.startMs);
      return !keeper.isLost;
    },
    canStart: () => true,
    isAlive: () => !keeper.isLost,
    finish: (message, report) => {
      ended += 1;
      add(keeper.finished, message, report);
    },
    giveBack: (message, end) => {
      ended += 1;
      add(keeper.givenBack, message, end);
    },
  };
  return keeper;
};

export const serverAt = (port: number, change: Partial<SendingServerConfig> = {}): SendingServerConfig =>
  serverRecord({ port, ...change, limits: { ...onlyConnections(2), ...change.limits } });

export const campaignOf = (change: Partial<CampaignRecord> = {}): CampaignRecord => ({
  id: 'campaign',
  revision: 1,
  status: 'SENDING',
  poolId: 'pool',
  unknownPolicy: 'HOLD',
  from: { name: 'News', address: 'news@example.com' },
  replyTo: null,
  subject: 'Hello',
  html: null,
  text: 'Hello',
  ...change,
});

export const messageFor = (recipient: number, change: Partial<SendRequest> = {}): ReadyMessage => ({
  lane: 0,
  offset: recipient,
  generation: 1,
  request: {
    type: 'SEND',
    lane: 0,
    sequence: recipient,
    campaignId: 'campaign',
    campaignRevision: 1,
    recipient,
    email: `r${recipient}@example.org`,
    fields: '{}',
    tryNumber: 1,
    serverHint: null,
    ...change,
  },
});

/** The text names its recipient, so that a sink can tell copies apart. A recipient with the field `broken` cannot be rendered. */
const compile: Compile = () => ({
  render: ({ number, email, fields }) => {
    if ('broken' in fields) throw new Error('broken');
    const messageId = `<${number}@example.com>`;
    return { messageId, message: `Message-ID: ${messageId}\r\nTo: ${email}\r\n\r\nHello\r\n` };
  },
});

export type Harness = AsyncDisposable & {
  readonly dispatcher: Dispatcher;
  readonly keeper: FakeKeeper;
  server(config: SendingServerConfig, password?: string): void;
  /** Offers recipients `from` to `to`, the last one left out. */
  offer(from: number, to: number): void;
  /** Resolves when the first server looks as wanted; throws when it takes too long. */
  until(looks: (state: ServerState) => boolean): Promise<void>;
  /** Resolves when so many messages have ended; throws when it takes too long. */
  untilEnded(count: number, limitMs?: number): Promise<void>;
};

const settings: DeliverySettings = {
  breaker: breakerLimits,
  lanes: 1,
  idleMs: 30_000,
  maxReadAhead: 64,
  maxAside: 64,
  usageWaitMs: 0,
};

export const until = async (isTrue: () => boolean, limitMs: number): Promise<void> => {
  const end = performance.now() + limitMs;
  while (!isTrue()) {
    if (performance.now() > end) throw new Error('it takes too long');
    await sleep(2);
  }
};

const ignore = (): void => undefined;

export const createHarness = (
  options: {
    settings?: Partial<DeliverySettings>;
    open?: OpenConnection;
    probe?: ProbeServer;
    compile?: Compile;
    /** Another wall clock. */
    now?: () => number;
    random?: () => number;
  } = {},
): Harness => {
  const keeper = createFakeKeeper();
  const dispatcher = createDispatcher({
    keeper,
    campaigns: createCampaigns(options.compile ?? compile),
    open: options.open ?? ((server) => openConnection(server, { timeouts: { connect: 1000, afterDot: 2000 } })),
    probe: options.probe ?? ((server) => probeServer(server, { connect: 1000 })),
    clock: { ...systemClock, now: options.now ?? systemClock.now },
    random: options.random ?? (() => 0.5),
    observer: { ended: ignore, startTook: ignore, failover: ignore, badContent: ignore },
    settings: { ...settings, ...options.settings },
  });
  dispatcher.settings.lanes(new Set([0]));
  dispatcher.settings.campaign(campaignOf());
  return {
    dispatcher,
    keeper,
    server: (config, password) => {
      const { id, revision, host, port, tls, username, caCertificate } = config;
      const smtp = { id, revision, host, port, tls, username, caCertificate, password: password ?? null };
      dispatcher.settings.server(config, smtp);
    },
    offer: (from, to) => {
      for (let recipient = from; recipient < to; recipient += 1) dispatcher.offer(messageFor(recipient));
    },
    until: (looks) => until(() => looks(dispatcher.status()[0]!), 10_000),
    untilEnded: (count, limitMs = 10_000) => until(() => keeper.ended() >= count, limitMs),
    [Symbol.asyncDispose]: async () => {
      await until(() => dispatcher.status().every(({ inFlight }) => inFlight === 0), 5000);
      dispatcher.close();
    },
  };
};
