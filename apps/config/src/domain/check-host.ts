/** Checks of host names and sender domains: what DNS can look up, in A-labels (RFC 5890), without scheme, port or path. */
import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import { bad, good, type Checked } from './result.ts';

const label = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** Lower case A-labels, or undefined when the text is no domain name (RFC 1123, section 2.1). */
const domainOf = (text: string): string | undefined => {
  if (/[^\p{L}\p{M}\p{N}.-]/u.test(text)) return undefined;
  const ascii = domainToASCII(text);
  if (ascii === '' || ascii.length > 253 || isIP(ascii) !== 0) return undefined;
  return ascii.split('.').every((part) => label.test(part)) ? ascii : undefined;
};

/** A host name or an IP literal; IDN becomes A-labels, a dot at the end is dropped. */
export const checkHost = (text: string): Checked<string> => {
  if (isIP(text) !== 0 && !text.includes('%')) return good(text.toLowerCase());
  const host = domainOf(text.replace(/\.$/, ''));
  return host === undefined
    ? bad('Give a host name or an IP address alone, as in `smtp.example.com`: no scheme, port, path or spaces.')
    : good(host);
};

/** `example.com`, or `*.example.com` for it and all its subdomains (`mayBeFrom` of the contracts). */
export const checkFromDomain = (text: string): Checked<string> => {
  const wildcard = text.startsWith('*.');
  const domain = domainOf(wildcard ? text.slice(2) : text);
  return domain === undefined || !domain.includes('.')
    ? bad('Give a domain as in `example.com`, or `*.example.com` for it and all its subdomains; no address, no scheme.')
    : good(wildcard ? `*.${domain}` : domain);
};

/** A domain that mail may be From, as in `example.com`; IDN becomes A-labels. */
export const checkSenderDomain = (text: string): Checked<string> => {
  const domain = domainOf(text);
  return domain === undefined || !domain.includes('.')
    ? bad('Give a domain as in `example.com`; no address, no scheme, no wildcard.')
    : good(domain);
};
