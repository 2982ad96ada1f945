/** What the specs of the delivery engine ask of a stage: pools with settings of their own, verdicts, plans. */
import { fromDomain } from '../../apps/standalone/demo/servers.ts';
import type { Stage } from './stage.ts';

/** A campaign ends once no late reply can come any more: after the wait for a reply and this margin. */
export const shortDoubt = { AFTER_DOT_TIMEOUT_SECONDS: '2', UNKNOWN_MARGIN_SECONDS: '2', REPLY_TIMEOUT_SECONDS: '2' };

const refused = '... on Refused { errors { message path } }';

/** Changes a pool. Throws when it is refused. */
export const updatePool = async ({ api, poolId }: Stage, change: Record<string, unknown>): Promise<void> => {
  await api.run(
    `mutation ($input: UpdatePoolInput!) { updatePool(input: $input) { ... on PoolPayload { pool { id } } ${refused} } }`,
    {
      input: { id: poolId, ...change },
    },
  );
};

/** Changes a server, named as in the targets. Throws when it is refused. */
export const updateServer = async (
  { api, serverIds }: Stage,
  name: string,
  change: Record<string, unknown>,
): Promise<void> => {
  await api.run(
    `mutation ($input: UpdateSendingServerInput!) { updateSendingServer(input: $input) { ... on SendingServerPayload { server { id } } ${refused} } }`,
    { input: { id: serverIds.get(name), ...change } },
  );
};

export type Member = {
  server: { name: string };
  share: number;
  rotation: { state: string; reason: string | null; times: number };
};
export type Verdict = {
  kind: string;
  words: string;
  applied: boolean;
  notAppliedReason: string | null;
  server: { name: string } | null;
};

const poolQuery = `query ($id: ID!) { pool(id: $id) {
  members { server { name } share rotation { state reason times } }
  rotationVerdicts(first: 20) { nodes { kind words applied notAppliedReason server { name } } } } }`;

export const lookAtPool = async ({ api, poolId }: Stage): Promise<{ members: Member[]; verdicts: Verdict[] }> => {
  const { pool } = await api.run<{ pool: { members: Member[]; rotationVerdicts: { nodes: Verdict[] } } }>(poolQuery, {
    id: poolId,
  });
  return { members: pool.members, verdicts: pool.rotationVerdicts.nodes };
};

export type Plan = {
  durationSeconds: number | null;
  words: string[];
  limits: { limit: string; words: string }[];
  servers: { server: { name: string }; messages: number; share: number }[];
};

const planQuery = `query ($id: ID!, $recipients: Int!, $fromDomain: String) { pool(id: $id) { plan(recipients: $recipients, fromDomain: $fromDomain) {
  durationSeconds words limits { limit words } servers { server { name } messages share } } } }`;

export const planOf = async ({ api, poolId }: Stage, recipients: number): Promise<Plan> => {
  const { pool } = await api.run<{ pool: { plan: Plan } }>(planQuery, { id: poolId, recipients, fromDomain });
  return pool.plan;
};

const reasonQuery = 'query ($id: ID!) { campaign(id: $id) { status pausedReason resends { count actor states } } }';

export const lookAtCampaign = async ({
  api,
  campaignId,
}: Stage): Promise<{
  status: string;
  pausedReason: string | null;
  resends: { count: number; actor: string; states: string[] }[];
}> => {
  const { campaign } = await api.run<{ campaign: Awaited<ReturnType<typeof lookAtCampaign>> }>(reasonQuery, {
    id: campaignId,
  });
  return campaign;
};
