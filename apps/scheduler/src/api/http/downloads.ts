/** Tables as CSV: the recipients of a campaign, and the rows of an upload that could not be taken. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { mayActAs, recipientStates, type Actor, type RecipientState, type Role } from '@sendpool/contracts';
import { answerJson, type Log, type Route } from '@sendpool/service';
import type { CampaignStore, RecipientView } from '../../domain/campaign.ts';
import type { ImportStore } from '../../domain/contact-import.ts';
import type { RowError } from '../../domain/contact-row.ts';
import { pageSize, sendCsv, type Table } from './send-csv.ts';

export type DownloadDeps = {
  campaigns: Pick<CampaignStore, 'find' | 'recipients'>;
  imports: Pick<ImportStore, 'find' | 'errors'>;
  /** The signed actor, undefined when the request was not signed by the gateway. */
  actorOf(req: IncomingMessage): Actor | undefined;
  log: Log;
};

type Refusal = { readonly status: number; readonly message: string };

const refusal = (status: number, message: string): Refusal => ({ status, message });

const stateOf = (asked: string | null): RecipientState | null | undefined =>
  asked === null ? null : recipientStates.find((state) => state === asked);

const recipients = (
  { campaigns }: DownloadDeps,
  campaignId: string,
  state: RecipientState | null,
): Table<RecipientView> => ({
  name: `recipients-${campaignId}.csv`,
  columns: ['number', 'email', 'state', 'tries', 'last_reply', 'due_at'],
  page: (after) => campaigns.recipients(campaignId, { state, first: pageSize - 1, after: after?.number ?? -1 }),
  cells: (row) => [row.number, row.email, row.state, row.tries, row.lastReply, row.dueAt?.toISOString() ?? null],
});

const errors = ({ imports }: DownloadDeps, importId: string): Table<RowError> => ({
  name: `errors-${importId}.csv`,
  columns: ['row', 'column', 'message'],
  page: (after) => imports.errors(importId, { first: pageSize, after: after?.row ?? 0 }),
  cells: ({ row, column, message }) => [row, column, message],
});

/** What is asked for, ready to be sent, or why not. */
type Answer = Refusal | ((res: ServerResponse) => Promise<void>);

const sendRecipients = async (deps: DownloadDeps, url: URL): Promise<Answer> => {
  const id = /^\/campaigns\/([^/]+)\/recipients\.csv$/.exec(url.pathname)?.[1];
  if (id === undefined) return refusal(404, 'not found');
  const state = stateOf(url.searchParams.get('state'));
  if (state === undefined) return refusal(400, `state is one of ${recipientStates.join(', ')}`);
  if ((await deps.campaigns.find(id)) === undefined) return refusal(404, 'there is no such campaign');
  return (res) => sendCsv(res, recipients(deps, id, state));
};

const sendErrors = async (deps: DownloadDeps, url: URL): Promise<Answer> => {
  const [, audienceId, id] = /^\/audiences\/([^/]+)\/imports\/([^/]+)\/errors\.csv$/.exec(url.pathname) ?? [];
  const found = id === undefined ? undefined : await deps.imports.find(id);
  if (id === undefined || found?.audienceId !== audienceId) return refusal(404, 'there is no such import');
  return (res) => sendCsv(res, errors(deps, id));
};

/** A client that went away is no fault of this service. */
const isGone = (error: unknown): boolean =>
  (error as NodeJS.ErrnoException | null)?.code === 'ERR_STREAM_PREMATURE_CLOSE';

const createRoute = (
  deps: DownloadDeps,
  { path, role, find }: { path: string; role: Role; find(deps: DownloadDeps, url: URL): Promise<Answer> },
): Route => ({
  method: 'GET',
  path,
  handle: async (req, res) => {
    const actor = deps.actorOf(req);
    if (actor === undefined) return answerJson(res, 401, { error: 'unauthenticated' });
    if (!mayActAs(actor.role, role)) return answerJson(res, 403, { error: `this needs the role ${role}` });
    const answer = await find(deps, new URL(req.url ?? '/', 'http://scheduler'));
    if (typeof answer !== 'function') return answerJson(res, answer.status, { error: answer.message });
    try {
      await answer(res);
    } catch (error) {
      if (!isGone(error)) throw error;
      deps.log.info({ path: req.url }, 'a download broke off');
    }
  },
});

export const createDownloadRoutes = (deps: DownloadDeps): Route[] => [
  createRoute(deps, { path: '/campaigns/*', role: 'READER', find: sendRecipients }),
  createRoute(deps, { path: '/audiences/*', role: 'OPERATOR', find: sendErrors }),
];
