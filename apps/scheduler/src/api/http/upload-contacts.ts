/** POST /audiences/{id}/contacts: takes a file of CSV or JSON lines as it streams in, and answers what became of its rows. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { mayActAs, type Actor } from '@sendpool/contracts';
import { answerJson, type Log, type Route } from '@sendpool/service';
import { createTally } from '@sendpool/graphql';
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
  /** Milliseconds after which an upload that sends nothing is ended. */
  silentMs: number;
};

/** At once: each holds chunks of rows, and writes them. */
const mostUploads = { ofAll: 8, ofKey: 4 };

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

type Fault = [status: number, message: string];

const unauthenticated: Fault = [401, 'unauthenticated'];

/** Why the request is refused before its body is read. */
const requestFault = (req: IncomingMessage, actor: Actor | undefined): Fault | undefined => {
  if (actor === undefined) return unauthenticated;
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

/** Looks at the bytes of the connection, not at what is read: a busy database is not the client's silence. */
const endSilent = (req: IncomingMessage, silentMs: number): (() => void) => {
  const { socket } = req;
  let seen = { bytes: socket.bytesRead, at: performance.now() };
  const timer = setInterval(() => {
    const isSilent = socket.bytesRead === seen.bytes && req.readableLength === 0 && !req.complete;
    if (!isSilent) seen = { bytes: socket.bytesRead, at: performance.now() };
    else if (performance.now() - seen.at >= silentMs) req.destroy();
  }, silentMs / 12);
  return () => clearInterval(timer);
};

type Room = { ok: true; leave(): void } | { ok: false; fault: Fault };

const createRoom = () => {
  const [ofAll, ofKey] = [createTally(mostUploads.ofAll), createTally(mostUploads.ofKey)];
  return (keyId: string): Room => {
    const leaveKey = ofKey.take(keyId);
    if (leaveKey === undefined)
      return { ok: false, fault: [429, `${mostUploads.ofKey} uploads of this key are running: wait for one to end`] };
    const leaveAll = ofAll.take('all');
    if (leaveAll !== undefined) return { ok: true, leave: () => (leaveAll(), leaveKey()) };
    leaveKey();
    return { ok: false, fault: [503, 'too many uploads are running: try again in a moment'] };
  };
};

const upload = async (deps: UploadDeps, actor: Actor, req: IncomingMessage, res: ServerResponse): Promise<void> => {
  const audienceId = target.exec(req.url ?? '')![1]!;
  const order = { audienceId, actor: actor.keyId, idempotencyKey: keyOf(req) };
  const result = await deps.importContacts(order, fileOf(req));
  if (!result.ok) return refuse(res, statuses[result.errors[0]!.code], result.errors[0]!.message);
  const { errors, ...counts } = answerOf(result.value);
  deps.log.info({ audienceId, ...counts, requestId: actor.requestId }, 'contacts were uploaded');
  answerJson(res, 200, { ...counts, errors });
};

/** A client that went away is not a fault of this service; what it sent so far is stored. */
const tell = (error: unknown, { log }: UploadDeps, req: IncomingMessage, res: ServerResponse): void => {
  // Another upload has taken the import, or it was silent for too long.
  if (isAppError(error, 'CONFLICT')) return refuse(res, 409, error.message);
  if (!req.destroyed || req.complete) throw error;
  log.info({ path: req.url }, 'an upload broke off');
};

export const createUploadRoute = (deps: UploadDeps): Route => {
  const enter = createRoom();
  return {
    method: 'POST',
    path: '/audiences/*',
    handle: async (req, res) => {
      const actor = deps.actorOf(req);
      const fault = requestFault(req, actor);
      if (fault !== undefined || actor === undefined) return refuse(res, ...(fault ?? unauthenticated));
      const room = enter(actor.keyId);
      if (!room.ok) return refuse(res, ...room.fault);
      const unwatch = endSilent(req, deps.silentMs);
      try {
        await upload(deps, actor, req, res);
      } catch (error) {
        tell(error, deps, req, res);
      } finally {
        unwatch();
        room.leave();
      }
    },
  };
};
