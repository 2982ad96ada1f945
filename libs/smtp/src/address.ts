/** Checks that a text is exactly one e-mail address, before any client sees it: clients rewrite line breaks and commas silently. */
import { domainToASCII } from 'node:url';

export type ParsedAddress =
  | {
      ok: true;
      /** Local part as written, domain in lower case and ASCII. */
      address: string;
      domain: string;
    }
  | { ok: false; reason: string };

const atom = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/;
const label = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
// eslint-disable-next-line no-control-regex
const controls = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;
// eslint-disable-next-line no-control-regex
const ascii = /^[\u0000-\u007f]*$/;
/** The shape of nearly all addresses, already in its final form. */
const plain = /^[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*@((?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63})$/;

/** Octets of an address: a path has at most 256 with its brackets (RFC 5321, 4.5.3.1.3). */
const longest = 254;

const refuse = (reason: string): ParsedAddress => ({ ok: false, reason });

const domainOf = (text: string): string | null => {
  const lower = ascii.test(text) ? text.toLowerCase() : domainToASCII(text);
  const labels = lower.split('.');
  const isWellFormed = labels.length > 1 && lower.length <= 253 && labels.every((part) => label.test(part));
  return isWellFormed && !/^\d+$/.test(labels.at(-1) ?? '') ? lower : null;
};

/**
 * One addr-spec (RFC 5321, 4.1.2) and nothing around it but blanks. Quoted local parts, address literals and local parts
 * beyond ASCII (RFC 6531) are refused; domains beyond ASCII become A-labels (RFC 5890).
 */
export const parseAddress = (text: string): ParsedAddress => {
  if (text.length > 320) return refuse('the address is longer than 320 characters');
  const trimmed = text.replace(/^[ \t]+|[ \t]+$/g, '');
  const quick = trimmed.length <= 64 ? plain.exec(trimmed) : null;
  if (quick !== null) return { ok: true, address: trimmed, domain: quick[1]! };
  if (trimmed === '') return refuse('the address is empty');
  if (controls.test(trimmed)) return refuse('the address contains a line break or a control character');
  if (/[,;<>"()\s]/.test(trimmed))
    return refuse('one address alone is wanted: no name, list, quotes, brackets or blanks');
  const at = trimmed.lastIndexOf('@');
  if (at < 1 || at !== trimmed.indexOf('@')) return refuse('the address needs exactly one @ with a name before it');
  const local = trimmed.slice(0, at);
  if (!ascii.test(local)) return refuse('names beyond ASCII before the @ are not supported yet');
  if (local.length > 64) return refuse('the part before the @ is longer than 64 characters');
  if (!atom.test(local)) return refuse('the part before the @ has a character or a dot where none may be');
  const domain = domainOf(trimmed.slice(at + 1));
  if (domain === null) return refuse('the part after the @ is not a domain name');
  const address = `${local}@${domain}`;
  return address.length > longest
    ? refuse(`the address is longer than ${longest} octets`)
    : { ok: true, address, domain };
};
