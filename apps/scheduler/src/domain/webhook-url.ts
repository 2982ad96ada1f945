/** Which addresses a webhook may have. A URL is a door outwards: it must not lead into the network behind. */
import { isIP } from 'node:net';
import { isPublicAddress } from '@sendpool/kernel';
import { badInput, done, refuse, type Result } from './refusal.ts';

const longest = 2000;

const faultOf = (message: string) => refuse(badInput(message, 'url'));

/** An IPv6 address stands in brackets in a URL. */
export const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[(.*)\]$/, '$1');

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));

/** `allowPrivate`: for development and tests; plain HTTP is then taken from this machine to itself, and no further. */
const isSecured = (url: URL, allowPrivate: boolean): boolean =>
  url.protocol === 'https:' || (allowPrivate && url.protocol === 'http:' && isLoopback(hostOf(url)));

/** Of HTTPS, or of what has no special rights. Others belong to mail, shells and the like: a POST there only helps whoever scans. */
const isPortAllowed = ({ port }: URL, allowPrivate: boolean): boolean =>
  port === '' || allowPrivate || Number(port) > 1023;

/** What a developer with a receiver on this machine looks for. */
const inDevelopment = 'for a receiver of your own machine, start the scheduler with WEBHOOK_ALLOW_PRIVATE=true';

/** One answer for unknown and for private hosts, so that it tells nothing of the network behind. */
export const notPublic = `the host is not known, or is not an address of the public internet (${inDevelopment})`;

/**
 * The URL in its normal form (`0x7f.1` becomes `127.0.0.1`), or what is wrong with it. A name is looked up when it is connected to, each
 * time: what it led to a moment ago says nothing.
 */
export const checkWebhookUrl = (text: string, allowPrivate: boolean): Result<URL> => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || text.length > longest) return faultOf(`give a URL of at most ${longest} characters`);
  if (!isSecured(url, allowPrivate)) return faultOf(`the URL must begin with https:// (${inDevelopment})`);
  if (!isPortAllowed(url, allowPrivate)) return faultOf('the port must be 443 or above 1023');
  if (url.username !== '' || url.password !== '') return faultOf('the URL must not hold a user or a password');
  if (url.hash !== '') return faultOf('the URL must not have a part behind #');
  if (!allowPrivate && isIP(hostOf(url)) !== 0 && !isPublicAddress(hostOf(url))) return faultOf(notPublic);
  return done(url);
};
