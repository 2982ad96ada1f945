/** The public keys of an identity provider (RFC 7517): fetched when they are needed, kept, and used on for a while when it is away. */
import { messageOf } from '@sendpool/kernel';
import type { Log } from '@sendpool/service';
import { createRemoteJWKSet, customFetch, type FetchImplementation, type RemoteJWKSet } from 'jose';

export type JwksOptions = {
  url: URL;
  log: Log;
  now(): number;
  /** A token with a key that is not known has the keys fetched again, at most this often: strangers can make up key ids. */
  cooldownMs?: number;
  /** Older keys are fetched again, so that a withdrawn one is forgotten. */
  maxAgeMs?: number;
};

const timeoutMs = 3000;
/** While the provider is away it is asked this often, however many tokens come. */
const restMs = 2000;
/** How long its last keys are good for while it is away. */
const staleMs = 3_600_000;

const readKeys = async (...[url, options]: Parameters<FetchImplementation>): Promise<string> => {
  const res = await fetch(url, options);
  const text = await res.text();
  if (res.status !== 200) throw new Error(`it answered ${res.status}`);
  const { keys } = JSON.parse(text) as { keys?: unknown };
  if (!Array.isArray(keys)) throw new Error('it answered no key set');
  return text;
};

/** Rejects when the provider is away and was not heard of within an hour. */
const createFetch = ({ log, now }: JwksOptions): FetchImplementation => {
  let kept: { text: string; at: number } | undefined;
  let failedAt = -Infinity;
  const ask = async (...request: Parameters<FetchImplementation>): Promise<void> => {
    try {
      kept = { text: await readKeys(...request), at: now() };
    } catch (error) {
      failedAt = now();
      log.warn({}, `the keys of the identity provider cannot be read: ${messageOf(error)}`);
    }
  };
  return async (...request) => {
    if (now() - failedAt >= restMs) await ask(...request);
    if (kept === undefined || now() - kept.at > staleMs) throw new Error('the identity provider is away');
    return new Response(kept.text);
  };
};

export const createJwks = (options: JwksOptions): RemoteJWKSet =>
  createRemoteJWKSet(options.url, {
    timeoutDuration: timeoutMs,
    cooldownDuration: options.cooldownMs ?? 30_000,
    cacheMaxAge: options.maxAgeMs ?? 600_000,
    [customFetch]: createFetch(options),
  });
