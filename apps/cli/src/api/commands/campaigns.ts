/** `sendpool campaigns`, `campaign`, `test`, `start`, `pause`, `resume`, `cancel`: campaigns, and what is done with them. */
import { AppError } from '@sendpool/kernel';
import { count, percent, time } from '../../domain/words.ts';
import type { Command, Run } from '../command.ts';
import { everyPage } from '../every-page.ts';
import { progressFields, progressLine, type Progress } from '../progress.ts';
import { tableOf, type Column } from '../table.ts';

type Campaign = { id: string; name: string; status: string; createdAt: string; progress: Progress };

const selection = `id name status createdAt progress { ${progressFields} }`;

const columns: Column<Campaign>[] = [
  { head: 'CAMPAIGN', of: ({ name }) => name },
  { head: 'ID', of: ({ id }) => id },
  { head: 'STATUS', of: ({ status }) => status },
  { head: 'DONE', of: ({ progress }) => percent(progress.done), isNumber: true },
  { head: 'RECIPIENTS', of: ({ progress }) => count(progress.total), isNumber: true },
  { head: 'ACCEPTED', of: ({ progress }) => count(progress.accepted), isNumber: true },
  { head: 'BOUNCED', of: ({ progress }) => count(progress.bounced), isNumber: true },
  { head: 'UNKNOWN', of: ({ progress }) => count(progress.unknown), isNumber: true },
  { head: 'CREATED', of: ({ createdAt }) => time(createdAt) },
  { head: '', of: ({ progress }) => progress.waitingFor ?? '' },
];

export const campaigns: Command = {
  takes: [],
  help: 'campaigns and how far they are',
  run: async ({ api, terminal, values }) => {
    const all = await everyPage<Campaign>(api, 'campaigns', selection);
    if (values.json === true) return terminal.line(JSON.stringify(all, null, 2));
    return terminal.line(tableOf(all, columns, 'There is no campaign yet.'));
  },
};

type ServerCounts = {
  server: { name: string } | null;
  attempted: string;
  accepted: string;
  bounced: string;
  deferred: string;
  unknown: string;
  bounceRate: number | null;
};
type Detail = Campaign & { subject: string; pausedReason: string | null; serverStats: readonly ServerCounts[] | null };

const serverColumns: Column<ServerCounts>[] = [
  { head: 'SERVER', of: ({ server }) => server?.name ?? '-' },
  { head: 'ATTEMPTED', of: ({ attempted }) => count(attempted), isNumber: true },
  { head: 'ACCEPTED', of: ({ accepted }) => count(accepted), isNumber: true },
  { head: 'BOUNCED', of: ({ bounced }) => count(bounced), isNumber: true },
  { head: 'DEFERRED', of: ({ deferred }) => count(deferred), isNumber: true },
  { head: 'UNKNOWN', of: ({ unknown }) => count(unknown), isNumber: true },
  { head: 'BOUNCE RATE', of: ({ bounceRate }) => percent(bounceRate), isNumber: true },
];

const detailQuery = `query ($id: ID!) {
  campaign(id: $id) {
    ${selection} subject pausedReason
    serverStats { server { name } attempted accepted bounced deferred unknown bounceRate }
  }
}`;

export const campaign: Command = {
  takes: ['<campaign id>'],
  help: 'one campaign, with what each server did for it',
  run: async ({ api, terminal, values, words }) => {
    const answer = await api.ask<{ campaign: Detail | null }>(detailQuery, { id: words[0] });
    const found = answer.campaign;
    if (found === null) throw new AppError('NOT_FOUND', `there is no campaign ${words[0]}`);
    if (values.json === true) return terminal.line(JSON.stringify(found, null, 2));
    terminal.line(tableOf([found], columns, ''));
    if (found.pausedReason !== null) terminal.line(`paused: ${found.pausedReason}`);
    return terminal.line(`\n${tableOf(found.serverStats ?? [], serverColumns, 'No server has sent for it yet.')}`);
  },
};

type Refused = { __typename: 'Refused'; errors: readonly { message: string }[] };
type Changed = { result: { __typename: 'CampaignPayload'; campaign: Campaign } | Refused };
type Tested = { result: { __typename: 'TestMessagePayload'; testCampaign: { id: string; name: string } } | Refused };

const refusal = ({ errors }: Refused): AppError =>
  new AppError('CONFLICT', errors.map(({ message }) => message).join('; '));

const change = async ({ api, terminal, words }: Run, mutation: string): Promise<void> => {
  const type = `${mutation[0]!.toUpperCase()}${mutation.slice(1)}Input`;
  const query = `mutation ($input: ${type}!) { result: ${mutation}(input: $input) {
    __typename ... on CampaignPayload { campaign { ${selection} } } ... on Refused { errors { message } }
  } }`;
  const { result } = await api.ask<Changed>(query, { input: { id: words[0] } });
  if (result.__typename === 'Refused') throw refusal(result);
  const { name, status, progress } = result.campaign;
  terminal.line(`${name} is ${status}. ${progressLine(progress)}`);
};

const changing = (mutation: string, help: string): Command => ({
  takes: ['<campaign id>'],
  help,
  run: (run) => change(run, mutation),
});

const testQuery = `mutation ($input: SendTestMessageInput!) { result: sendTestMessage(input: $input) {
  __typename ... on TestMessagePayload { testCampaign { id name } } ... on Refused { errors { message } }
} }`;

export const test: Command = {
  takes: ['<campaign id>', '<address>'],
  help: 'sends it to this address alone, filled as for its first contact',
  run: async ({ api, terminal, words: [campaignId, address] }) => {
    const { result } = await api.ask<Tested>(testQuery, { input: { campaignId, to: [address] } });
    if (result.__typename === 'Refused') throw refusal(result);
    const { id, name } = result.testCampaign;
    terminal.line(`A test of ${name} goes to ${address}. To follow it: watch ${id}`);
  },
};

export const start = changing('startCampaign', 'starts a campaign');
export const pause = changing('pauseCampaign', 'pauses a campaign; what is in conversation ends');
export const resume = changing('resumeCampaign', 'goes on with a paused campaign');
export const cancel = changing('cancelCampaign', 'cancels a campaign: what waits is not sent any more');
