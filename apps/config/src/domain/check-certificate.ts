/** Check of a certificate authority's PEM (RFC 7468): it must parse, and no private key may come with it. */
import { X509Certificate } from 'node:crypto';
import { bad, good, type Checked } from './result.ts';

const block = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g;

const parses = (pem: string): boolean => {
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    return false;
  }
};

/** One certificate or several; what is not a certificate is dropped from the text. */
export const checkCertificate = (text: string): Checked<string> => {
  if (text.length > 65_536) return bad('A CA certificate has at most 65,536 characters; give the authority alone.');
  if (text.includes('PRIVATE KEY'))
    return bad('This holds a private key. Give the certificate of the authority alone.');
  const blocks = text.match(block) ?? [];
  return blocks.length > 0 && blocks.every(parses)
    ? good(`${blocks.join('\n')}\n`)
    : bad('This is not a certificate. Give PEM text that begins with -----BEGIN CERTIFICATE-----.');
};
