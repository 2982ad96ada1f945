/** The load of a run: campaigns that follow each other, and people who pause, edit, resume and cancel them. Every request is repeated until it is answered. */
import { messageOf, seededRandom, sleep } from '@sendpool/kernel';
import type { UnknownPolicy } from '@sendpool/contracts';
import type { Api } from '../../apps/standalone/demo/api.ts';
import { makeAudience } from '../../apps/standalone/demo/audience.ts';
import { addAudience, addCampaign } from '../e2e/stage.ts';

export type StartedCampaign = { readonly id: string; readonly policy: UnknownPolicy; readonly size: number };

/** `progress` by names of the API, as in `inFlight`. */
export type Look = { status: string; progress: Record<string, number> };

export type LoadOptions = {
  readonly api: Api;
  readonly poolId: string;
  readonly seed: number;
  /** Recipients of each campaign. */
  readonly size: number;
  readonly policy: UnknownPolicy | 'BOTH';
};

export type Load = {
  readonly campaigns: readonly StartedCampaign[];
  /** Keeps campaigns going until `isOver`; then those that are paused go on. */
  run(isOver: () => boolean): Promise<void>;
  /** Resolves with true once every campaign has ended, with false after `timeoutMs`. */
  settle(timeoutMs: number): Promise<boolean>;
};

const audiences = 2;
const progressFields = 'total pending inFlight accepted deferred bounced unknown expired suppressed cancelled';
const lookQuery = `query ($id: ID!) { campaign(id: $id) { status progress { ${progressFields} } } }`;
/** A broker that is killed and starts on a busy machine takes a minute and more. */
const requestPatienceMs = 300_000;

/** Asks again until it is answered: the process that should answer may just have been killed. */
export const insist = async <Answer>(ask: () => Promise<Answer>, patienceMs = requestPatienceMs): Promise<Answer> => {
  const end = performance.now() + patienceMs;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (performance.now() > end) throw new Error(`no answer: ${messageOf(error)}`, { cause: error });
      await sleep(250);
    }
  }
};

const askFor = async (api: Api, id: string): Promise<Look> => {
  const { campaign } = await api.run<{ campaign: Look | null }>(lookQuery, { id });
  if (campaign?.progress === undefined || campaign.progress === null) throw new Error('the scheduler is away');
  return campaign;
};

export const lookAt = (api: Api, id: string): Promise<Look> => insist(() => askFor(api, id));

const openOf = ({ progress }: Look): number => progress['pending']! + progress['inFlight']! + progress['deferred']!;

const isEnded = (look: Look): boolean =>
  look.status === 'FINISHED' || (look.status === 'CANCELLED' && openOf(look) === 0);

type Command = 'startCampaign' | 'pauseCampaign' | 'resumeCampaign' | 'cancelCampaign';
const refused = '... on Refused { errors { message path } }';

/** Repeats the command until the campaign has left `from`: an answer that got lost may have been a yes. */
const order = (api: Api, id: string, command: Command, from: string): Promise<void> =>
  insist(async () => {
    if ((await askFor(api, id)).status !== from) return;
    const type = `${command[0]!.toUpperCase()}${command.slice(1)}Input`;
    await api.run(`mutation ($input: ${type}!) { ${command}(input: $input) { ${refused} } }`, { input: { id } });
  });

const edit = (api: Api, id: string, text: string): Promise<void> =>
  insist(async () => {
    if ((await askFor(api, id)).status !== 'PAUSED') return;
    const input = { id, text };
    await api.run(`mutation ($input: UpdateCampaignInput!) { updateCampaign(input: $input) { ${refused} } }`, {
      input,
    });
  });

type State = {
  readonly options: LoadOptions;
  readonly random: () => number;
  readonly audienceIds: readonly string[];
  readonly campaigns: StartedCampaign[];
  /** Those that have not ended, as they were seen last. */
  readonly active: Map<string, Look>;
  nextTurnAt: number;
};

const policyOf = ({ options, campaigns }: State): UnknownPolicy => {
  if (options.policy !== 'BOTH') return options.policy;
  return campaigns.length % 2 === 0 ? 'HOLD' : 'RESEND';
};

const startNext = async (state: State): Promise<void> => {
  const { api, poolId, size } = state.options;
  const policy = policyOf(state);
  const audienceId = state.audienceIds[state.campaigns.length % audiences]!;
  const sendingSettings = { poolId, unknownPolicy: policy };
  const id = await insist(() => addCampaign(api, { audienceId, sendingSettings }));
  state.campaigns.push({ id, policy, size });
  await order(api, id, 'startCampaign', 'DRAFT');
  state.active.set(id, await lookAt(api, id));
};

const watch = async (state: State): Promise<void> => {
  for (const id of state.active.keys()) {
    const look = await lookAt(state.options.api, id);
    if (isEnded(look)) state.active.delete(id);
    else state.active.set(id, look);
  }
};

const turnEveryMs = 12_000;

/** What a person does to one campaign in between; one in eight is cancelled. */
const takeTurn = async (state: State): Promise<void> => {
  if (performance.now() < state.nextTurnAt) return;
  state.nextTurnAt = performance.now() + turnEveryMs * (0.5 + state.random());
  const sending = [...state.active].filter(([, look]) => look.status === 'SENDING').map(([id]) => id);
  const id = sending[Math.floor(state.random() * sending.length)];
  if (id === undefined) return;
  const { api } = state.options;
  if (state.random() < 0.125) return order(api, id, 'cancelCampaign', 'SENDING');
  await order(api, id, 'pauseCampaign', 'SENDING');
  await sleep(500 + 2_000 * state.random());
  if (state.random() < 0.5) await edit(api, id, `Edited at ${new Date().toISOString()}`);
  await order(api, id, 'resumeCampaign', 'PAUSED');
};

/** There is always more to send than one campaign. */
const isShort = ({ active, options }: State): boolean => {
  let open = 0;
  for (const look of active.values()) open += openOf(look);
  return open < options.size;
};

const run = async (state: State, isOver: () => boolean): Promise<void> => {
  while (!isOver()) {
    if (isShort(state)) await startNext(state);
    await takeTurn(state);
    await sleep(500);
    await watch(state);
  }
};

const settle = async (state: State, timeoutMs: number): Promise<boolean> => {
  const end = performance.now() + timeoutMs;
  for (;;) {
    await watch(state);
    if (state.active.size === 0) return true;
    if (performance.now() > end) return false;
    await sleep(500);
  }
};

export const createLoad = async (options: LoadOptions): Promise<Load> => {
  const { api, seed, size } = options;
  const audienceIds: string[] = [];
  for (let number = 0; number < audiences; number++)
    audienceIds.push(await addAudience(api, `audience ${number}`, makeAudience(size, seed + number).csv));
  const state: State = {
    options,
    random: seededRandom(seed + 1),
    audienceIds,
    campaigns: [],
    active: new Map(),
    nextTurnAt: performance.now() + turnEveryMs,
  };
  return {
    campaigns: state.campaigns,
    run: (isOver) => run(state, isOver),
    settle: (timeoutMs) => settle(state, timeoutMs),
  };
};
