/** POST /audiences/{id}/contacts: takes a CSV file as it streams in, and answers what became of its rows. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { mayActAs, type Actor } from '@sendpool/contracts';
import { answerJson, type Log, type Route } from '@sendpool/service';
import type { FileRow } from '../../domain/contact-row.ts';
import type { ImportReport } from '../../domain/import-contacts.ts';
import type { Refusal, Result } from '../../domain/refusal.ts';
import { readCsv } from './read-csv.ts';

export type UploadDeps = {
  importContacts(audienceId: string, file: AsyncIterable<FileRow>): Promise<Result<ImportReport>>;
  /** The signed actor, undefined when the request was not signed by the gateway. */
  actorOf(req: IncomingMessage): Actor | undefined;
  log: Log;
};

const target = /^\/audiences\/([^/?]+)\/contacts\/?(?:\?|$)/;
const statuses: Record<Refusal['code'], number> = { BAD_INPUT: 400, NOT_FOUND: 404, CONFLICT: 409 };

/** The rest of the body is dropped by the server; a closed connection would cut the answer off. */
const refuse = (res: ServerResponse, status: number, message: string): void =>
  answerJson(res, status, { error: message });

const isCsv = (req: IncomingMessage): boolean => /^text\/csv\b/i.test(req.headers['content-type'] ?? '');

/** Why the request is refused before its body is read. */
const requestFault = (
  req: IncomingMessage,
  actor: Actor | undefined,
): [status: number, message: string] | undefined => {
  if (actor === undefined) return [401, 'unauthenticated'];
  if (!mayActAs(actor.role, 'OPERATOR')) return [403, 'uploads need the role OPERATOR'];
  if (!target.test(req.url ?? '')) return [404, 'not found'];
  return isCsv(req) ? undefined : [415, 'send the file as text/csv'];
};

const upload = async (deps: UploadDeps, req: IncomingMessage, res: ServerResponse): Promise<void> => {
  const actor = deps.actorOf(req);
  const fault = requestFault(req, actor);
  if (fault !== undefined) return refuse(res, ...fault);
  const audienceId = target.exec(req.url ?? '')![1]!;
  const result = await deps.importContacts(audienceId, readCsv(req));
  if (!result.ok) return refuse(res, statuses[result.errors[0]!.code], result.errors[0]!.message);
  const { errors, ...counts } = result.value;
  deps.log.info({ audienceId, ...counts, requestId: actor?.requestId }, 'contacts were uploaded');
  answerJson(res, 200, { ...counts, errors });
};

export const createUploadRoute = (deps: UploadDeps): Route => ({
  method: 'POST',
  path: '/audiences/*',
  handle: async (req, res) => {
    try {
      await upload(deps, req, res);
    } catch (error) {
      // A client that went away is not a fault of this service; what it sent so far is stored.
      if (!req.destroyed || req.complete) throw error;
      deps.log.info({ path: req.url }, 'an upload broke off');
    }
  },
});
