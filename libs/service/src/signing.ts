/**
 * Signed requests from the gateway to the services behind it: HMAC-SHA256 over time, method and path, body hash and actor.
 * A service answers nobody else, so it need not know any API key.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { actorSchema, type Actor } from '@sendpool/contracts';

const maxAgeMs = 60_000;
/** A streamed upload is signed before its body is known: as if the body were empty. */
export const streamedBody = new Uint8Array(0);

const signatureOf = (
  parts: { time: string; target: string; body: Uint8Array; actor: string },
  secret: string,
): Buffer => {
  const bodyHash = createHash('sha256').update(parts.body).digest('hex');
  return createHmac('sha256', secret).update(`${parts.time}\n${parts.target}\n${bodyHash}\n${parts.actor}`).digest();
};

/** `target` is method and path, as in `POST /graphql`. Returns the headers to send. */
export const signRequest = (
  request: { target: string; body: Uint8Array; actor: Actor },
  secret: string,
  now: number = Date.now(),
): Record<string, string> => {
  const actor = Buffer.from(JSON.stringify(request.actor)).toString('base64url');
  const time = String(now);
  const signature = signatureOf({ time, target: request.target, body: request.body, actor }, secret);
  return {
    'x-sendpool-actor': actor,
    'x-sendpool-time': time,
    'x-sendpool-signature': signature.toString('base64url'),
  };
};

/** What of a request the signature covers; an IncomingMessage is one. */
export type SignedRequest = {
  method?: string | undefined;
  url?: string | undefined;
  headers: Record<string, string | string[] | undefined>;
};

const header = (request: SignedRequest, name: string): string => {
  const value = request.headers[name];
  return typeof value === 'string' ? value : '';
};

const parseActor = (encoded: string): Actor | undefined => {
  try {
    return actorSchema.safeParse(JSON.parse(Buffer.from(encoded, 'base64url').toString('utf8'))).data;
  } catch {
    return undefined;
  }
};

/** The actor of a request that the gateway signed within the last 60 seconds, undefined for any other. `body` is `streamedBody` for uploads. */
export const verifyRequest = (
  request: SignedRequest,
  body: Uint8Array,
  options: { secret: string; now?: number },
): Actor | undefined => {
  const [actor, time] = [header(request, 'x-sendpool-actor'), header(request, 'x-sendpool-time')];
  const target = `${request.method ?? ''} ${request.url ?? ''}`;
  const expected = signatureOf({ time, target, body, actor }, options.secret);
  const offered = Buffer.from(header(request, 'x-sendpool-signature'), 'base64url');
  if (offered.length !== expected.length || !timingSafeEqual(offered, expected)) return undefined;
  if (!(Math.abs((options.now ?? Date.now()) - Number(time)) <= maxAgeMs)) return undefined;
  return parseActor(actor);
};
