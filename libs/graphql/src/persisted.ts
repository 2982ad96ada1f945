/** Documents that are known beforehand: our own clients name one by its id, and where only these are allowed nobody else asks anything. */
import { AppError } from '@sendpool/kernel';
import { GraphQLError, parse } from 'graphql';

export type PersistedOptions = {
  /** Documents by id; the ids are those of the clients' code generation, mostly the SHA-256 of the text. */
  documents: ReadonlyMap<string, string>;
  /** Whether a request may bring no document of its own. */
  only: boolean;
};

/** `body` has its document as `query`, whether it came as text or as id. */
export type Resolved = { ok: true; body: unknown } | { ok: false; error: GraphQLError };

type Body = Record<string, unknown>;

const isRecord = (value: unknown): value is Body =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** As in `sha256:0f…` of the GraphQL-over-HTTP draft; the prefix says nothing that the manifest does not. */
const bare = (id: string): string => id.replace(/^sha256:/, '');

/** Ids as they are sent: `documentId`, or the extension of Apollo's clients. */
const idOf = ({ documentId, extensions }: Body): string | undefined => {
  const persisted = isRecord(extensions) ? extensions['persistedQuery'] : undefined;
  const id = documentId ?? (isRecord(persisted) ? persisted['sha256Hash'] : undefined);
  return typeof id === 'string' ? bare(id) : undefined;
};

/** Apollo Server has a feature of this name, which is off, and would refuse what is settled here. */
const withoutExtension = (body: Body): Body => {
  const { extensions, ...rest } = body;
  return isRecord(extensions) && 'persistedQuery' in extensions ? rest : body;
};

const refuse = (code: string, message: string): Resolved => ({
  ok: false,
  error: new GraphQLError(message, { extensions: { code } }),
});

const isMissing = (value: unknown): boolean => value === undefined || value === null || value === '';

/**
 * Puts the document in the place of its id. What is no object is left to those who judge it.
 * A client that sends text and id asks for the text.
 */
export const createResolveDocument =
  ({ documents, only }: PersistedOptions) =>
  (body: unknown): Resolved => {
    if (!isRecord(body)) return { ok: true, body };
    const rest = withoutExtension(body);
    if (!isMissing(body['query']))
      return only
        ? refuse(
            'PERSISTED_QUERY_ONLY',
            'Only documents of the manifest may be run: send the id of one as `documentId`',
          )
        : { ok: true, body: rest };
    const id = idOf(body);
    if (id === undefined) return refuse('BAD_REQUEST', '`query` is missing (or `documentId`)');
    const query = documents.get(id);
    return query === undefined
      ? refuse('PERSISTED_QUERY_NOT_FOUND', 'No document of this id is in the manifest')
      : { ok: true, body: { ...rest, query } };
  };

const faultOf = (document: unknown): string | undefined => {
  if (typeof document !== 'string') return 'it is no text';
  try {
    parse(document);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
};

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** Reads a manifest: JSON of id to document, as code generation writes it. Throws AppError BAD_CONFIGURATION that names the first fault. */
export const readManifest = (text: string): ReadonlyMap<string, string> => {
  const manifest = parseJson(text);
  if (!isRecord(manifest))
    throw new AppError('BAD_CONFIGURATION', 'the manifest of documents is no JSON object of id to document');
  for (const [id, document] of Object.entries(manifest)) {
    const fault = faultOf(document);
    if (fault !== undefined) throw new AppError('BAD_CONFIGURATION', `document ${id} of the manifest: ${fault}`);
  }
  return new Map(Object.entries(manifest as Record<string, string>).map(([id, document]) => [bare(id), document]));
};
