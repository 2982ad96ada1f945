/** POST /audiences/{id}/contacts: takes a file of CSV or JSON lines as it streams in, and answers what became of its rows. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { mayActAs, type Actor } from '@sendpool/contracts';
import { answerJson, type Log, type Route } from '@sendpool/service';
import { isAppError } from '@sendpool/kernel';
import type { ImportOrder } from '../../domain/contact-import.ts';
import type { ContactFile } from '../../domain/contact-row.ts';
import type { ImportReport } from '../../domain/import-contacts.ts';
import type { Refusal, Result } from '../../domain/refusal.ts';
import { readCsv } from './read-csv.ts';
import { readNdjson } from './read-ndjson.ts';

export type UploadDeps = {
  importContacts(order: Omit<ImportOrder, 'id'>, file: ContactFile): Promise<Result<ImportReport>>;
  /** The signed actor, undefined when the request was not signed by the gateway. */
  actorOf(req: IncomingMessage): Actor | undefined;
  log: Log;
};

const target = /^\/audiences\/([^/?]+)\/contacts\/?(?:\?|$)/;
const statuses: Record<Refusal['code'], number> = { BAD_INPUT: 400, NOT_FOUND: 404, CONFLICT: 409 };

/** The rest of the body is dropped by the server; a closed connection would cut the answer off. */
const refuse = (res: ServerResponse, status: number, message: string): void =>
  answerJson(res, status, { error: message });

const formatOf = (req: IncomingMessage): ContactFile['format'] | undefined => {
  const type = req.headers['content-type'] ?? '';
  if (/^text\/csv\b/i.test(type)) return 'CSV';
  return /^application\/x-ndjson\b/i.test(type) ? 'NDJSON' : undefined;
};

const keyOf = (req: IncomingMessage): string | null => {
  const key = req.headers['idempotency-key'];
  return typeof key === 'string' ? key : null;
};

/** Why the request is refused before its body is read. */
const requestFault = (
  req: IncomingMessage,
  actor: Actor | undefined,
): [status: number, message: string] | undefined => {
  if (actor === undefined) return [401, 'unauthenticated'];
  if (!mayActAs(actor.role, 'OPERATOR')) return [403, 'uploads need the role OPERATOR'];
  if (!target.test(req.url ?? '')) return [404, 'not found'];
  if (!/^[\x20-\x7e]{1,100}$/.test(keyOf(req) ?? 'none'))
    return [400, 'Idempotency-Key has 1 to 100 characters of ASCII'];
  return formatOf(req) === undefined ? [415, 'send the file as text/csv or application/x-ndjson'] : undefined;
};

const fileOf = (req: IncomingMessage): ContactFile =>
  formatOf(req) === 'CSV' ? { format: 'CSV', rows: readCsv(req) } : { format: 'NDJSON', rows: readNdjson(req) };

/** `importId`: as in `Query.contactImport`. */
const answerOf = ({ record, errors }: ImportReport) => {
  const { id: importId, rows, imported, updated, unchanged, duplicates, rejected } = record;
  return { importId, rows, imported, updated, unchanged, duplicates, rejected, errors };
};

const upload = async (deps: UploadDeps, req: IncomingMessage, res: ServerResponse): Promise<void> => {
  const actor = deps.actorOf(req);
  const fault = requestFault(req, actor);
  if (fault !== undefined) return refuse(res, ...fault);
  const audienceId = target.exec(req.url ?? '')![1]!;
  const order = { audienceId, actor: actor!.keyId, idempotencyKey: keyOf(req) };
  const result = await deps.importContacts(order, fileOf(req));
  if (!result.ok) return refuse(res, statuses[result.errors[0]!.code], result.errors[0]!.message);
  const { errors, ...counts } = answerOf(result.value);
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
      // Another upload has taken the import, or it was silent for too long.
      if (isAppError(error, 'CONFLICT')) return refuse(res, 409, error.message);
      // A client that went away is not a fault of this service; what it sent so far is stored.
      if (!req.destroyed || req.complete) throw error;
      deps.log.info({ path: req.url }, 'an upload broke off');
    }
  },
});
