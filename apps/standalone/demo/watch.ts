/** Watches the running campaign, draws its progress, samples the queues, and does to the servers what the tutorial says. */
import { sleep } from '@sendpool/kernel';
import type { Api } from './api.ts';
import { detail, endOfBar, progressBar, yellow } from './print.ts';
import type { RunningSink } from './sinks.ts';
import type { CampaignEvent, Phase, PhaseName, Progress, QueueSample } from './types.ts';

const startCampaign =
  'mutation ($input: StartCampaignInput!) { startCampaign(input: $input) { ... on CampaignPayload { campaign { id } } ... on Refused { errors { message path } } } }';
const deactivate =
  'mutation ($input: DeactivateSendingServerInput!) { deactivateSendingServer(input: $input) { ... on SendingServerPayload { server { state } } ... on Refused { errors { message path } } } }';
const lookAt = `query ($campaign: ID!, $pool: ID!) {
  campaign(id: $campaign) { status progress { total pending inFlight accepted deferred bounced unknown expired cancelled deferredThenAccepted done waitingFor } }
  pool(id: $pool) { members { rotation { state reason } server { name health { queueDepth senders { breaker } } } } }
}`;

type Look = {
  campaign: { status: string; progress: Progress };
  pool: {
    members: {
      rotation: { state: string; reason: string | null };
      server: { name: string; health: { queueDepth: number; senders: { breaker: string }[] } | null };
    }[];
  };
};

export type Watched = {
  phases: Phase[];
  samples: QueueSample[];
  progress: Progress;
  seconds: number;
  /** Infinity: smtp-backup was not set Inactive, because the campaign was over. */
  inactiveSince: number;
};

type WatchInput = {
  api: Api;
  campaignId: string;
  poolId: string;
  serverIds: ReadonlyMap<string, string>;
  sinks: readonly RunningSink[];
  /** What happens besides the kill, the return and the switch of the tutorial. */
  moreEvents: readonly CampaignEvent[];
  timeoutMs: number;
};

const handled = ({ accepted, deferred, bounced, unknown }: Progress): number => accepted + deferred + bounced + unknown;

const sharesOf = (sinks: readonly RunningSink[], without: readonly string[]): Record<string, number> => {
  const weights = sinks.map(({ server }) => [server.name, without.includes(server.name) ? 0 : server.weight] as const);
  const sum = weights.reduce((total, [, weight]) => total + weight, 0);
  return Object.fromEntries(weights.map(([name, weight]) => [name, weight / sum]));
};

const wantedIn = (
  phase: PhaseName,
  sinks: readonly RunningSink[],
  rotatedOut: readonly string[],
): Record<string, number> | null => {
  switch (phase) {
    case 'all servers':
    case 'all servers again':
      return sharesOf(sinks, rotatedOut);
    case 'smtp-primary down':
      return sharesOf(sinks, ['smtp-primary', ...rotatedOut]);
    case 'smtp-primary comes back':
      return null; // the breaker probes, and its slow start raises the share step by step
    case 'smtp-backup inactive':
      return sharesOf(sinks, ['smtp-backup', ...rotatedOut]);
  }
};

const primaryIsBack = (look: Look): boolean =>
  look.pool.members.some(
    ({ server }) =>
      server.name === 'smtp-primary' &&
      server.health !== null &&
      server.health.senders.every(({ breaker }) => breaker === 'CLOSED'),
  );

const lineOf = ({ campaign, pool }: Look): string => {
  const { accepted, total, deferred, bounced, unknown, waitingFor } = campaign.progress;
  const queues = pool.members.map(({ server }) => `${server.name} ${server.health?.queueDepth ?? '?'}`).join(', ');
  const trouble = waitingFor === null ? '' : `  ${waitingFor}`;
  return `${accepted}/${total} accepted, ${deferred} deferred, ${bounced} bounced, ${unknown} unknown; queues: ${queues}${trouble}`;
};

type Tutorial = { events: CampaignEvent[]; inactiveSince(): number };

/** What the tutorial does to the servers. */
const createTutorial = ({ api, sinks, serverIds }: WatchInput): Tutorial => {
  const primary = sinks.find(({ server }) => server.name === 'smtp-primary')!;
  let inactiveSince = Number.POSITIVE_INFINITY;
  const events: CampaignEvent[] = [
    { share: 0.4, says: 'smtp-primary is killed (SIGKILL)', next: 'smtp-primary down', act: () => primary.kill() },
    { share: 0.6, says: 'smtp-primary is started again', next: 'smtp-primary comes back', act: () => primary.start() },
    {
      share: 0.75,
      says: 'smtp-backup is set Inactive',
      next: 'smtp-backup inactive',
      act: async () => {
        await api.run(deactivate, { input: { id: serverIds.get('smtp-backup') } });
        inactiveSince = Date.now();
      },
    },
  ];
  return { events, inactiveSince: () => inactiveSince };
};

type PhaseBook = { phases: Phase[]; enter(name: PhaseName, rotatedOut: readonly string[]): void; current(): Phase };

const createPhaseBook = (sinks: readonly RunningSink[], began: number): PhaseBook => {
  const phaseOf = (name: PhaseName, from: number, rotatedOut: readonly string[]): Phase => ({
    name,
    rotatedOut,
    from,
    to: from,
    shareWanted: wantedIn(name, sinks, rotatedOut),
  });
  const phases = [phaseOf('all servers', began, [])];
  const current = (): Phase => phases.at(-1)!;
  const enter = (name: PhaseName, rotatedOut: readonly string[]): void => {
    current().to = Date.now();
    phases.push(phaseOf(name, Date.now(), rotatedOut));
  };
  return { phases, enter, current };
};

const rotatedOutIn = ({ pool }: Look): string[] =>
  pool.members.filter(({ rotation }) => rotation.state === 'OUT').map(({ server }) => server.name);

/** The system takes a server out by itself: another phase, with other shares. */
const noteRotation = (look: Look, book: PhaseBook): void => {
  const { name, rotatedOut } = book.current();
  const out = rotatedOutIn(look);
  for (const { server, rotation } of look.pool.members) {
    if (!out.includes(server.name) || rotatedOut.includes(server.name)) continue;
    endOfBar();
    detail(yellow(`${server.name} is rotated out: ${rotation.reason ?? ''}`));
  }
  if (out.join() !== rotatedOut.join()) book.enter(name, out);
};

const sampleOf = (look: Look): QueueSample => ({
  at: Date.now(),
  queueDepth: Object.fromEntries(look.pool.members.map(({ server }) => [server.name, server.health?.queueDepth ?? 0])),
});

const isDue = (event: CampaignEvent | undefined, progress: Progress): event is CampaignEvent =>
  event !== undefined && progress.total > 0 && handled(progress) >= event.share * progress.total;

/** Every recipient has an outcome: what happens to the servers from now on proves nothing. */
const isOver = (progress: Progress): boolean => handled(progress) >= progress.total;

const sayNotTried = ({ says }: CampaignEvent): void => {
  endOfBar();
  detail(yellow(`not tried, the campaign was over: ${says}`));
};

const perform = async (event: CampaignEvent, progress: Progress): Promise<void> => {
  endOfBar();
  detail(yellow(`at ${((handled(progress) / progress.total) * 100).toFixed(0)} %: ${event.says}`));
  await event.act(progress);
};

/** Starts the campaign and returns when it is FINISHED. Throws when that takes longer than `timeoutMs`. */
export const runCampaign = async (input: WatchInput): Promise<Watched> => {
  const { api, campaignId, poolId, timeoutMs } = input;
  const tutorial = createTutorial(input);
  const events = [...tutorial.events, ...input.moreEvents].toSorted((a, b) => a.share - b.share);
  const began = Date.now();
  const book = createPhaseBook(input.sinks, began);
  const samples: QueueSample[] = [];
  await api.run(startCampaign, { input: { id: campaignId } });
  for (;;) {
    const look = await api.run<Look>(lookAt, { campaign: campaignId, pool: poolId });
    const { progress, status } = look.campaign;
    samples.push(sampleOf(look));
    progressBar(progress.done, lineOf(look));
    noteRotation(look, book);
    const [event] = events;
    if (isDue(event, progress)) {
      events.shift();
      if (isOver(progress)) sayNotTried(event);
      else await perform(event, progress);
      if (event.next !== undefined && !isOver(progress)) book.enter(event.next, rotatedOutIn(look));
    } else if (book.current().name === 'smtp-primary comes back' && primaryIsBack(look))
      book.enter('all servers again', rotatedOutIn(look));
    if (status === 'FINISHED') {
      endOfBar();
      for (const missed of events) sayNotTried(missed);
      book.current().to = Date.now();
      const seconds = (Date.now() - began) / 1000;
      return { phases: book.phases, samples, progress, seconds, inactiveSince: tutorial.inactiveSince() };
    }
    if (Date.now() - began > timeoutMs)
      throw new Error(`the campaign is still ${status} after ${timeoutMs / 1000} s: ${lineOf(look)}`);
    await sleep(250);
  }
};
