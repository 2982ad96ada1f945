/** Check of what a server of kind SES has beside the others. */
import { isIPv4 } from 'node:net';
import type { ServerKind, TlsPolicy } from '@sendpool/contracts';
import { bad, good, type Checked, type Faults } from './result.ts';
import { sesHost } from './ses.ts';

export type SesDraft = { readonly region: string; readonly configurationSet: string | null };

/** What of a server decides how SES is reached. */
export type SesContext = {
  readonly kind: ServerKind;
  readonly ses: SesDraft | null;
  readonly host: string;
  readonly tls: TlsPolicy;
};

const region = /^[a-z]{2}(-[a-z]{1,20}){1,2}-\d{1,2}$/;

const isRegion = (text: string): boolean => region.test(text);

/** Host of a region's API. A text that is no region has none, and is refused by itself. */
export const defaultSesHost = (text: string | undefined): string =>
  text !== undefined && isRegion(text) ? sesHost(text) : sesHost('us-east-1');

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));

const checkRegion = (text: string): Checked<string> =>
  isRegion(text) ? good(text) : bad('Give an AWS region as in `eu-central-1`.');

const checkConfigurationSet = (text: string | null): Checked<string | null> =>
  text === null || /^[A-Za-z0-9_-]{1,64}$/.test(text)
    ? good(text)
    : bad('A configuration set has 1 to 64 letters, digits, hyphens and underscores.');

const checkWay = (faults: Faults, { host, tls }: SesContext): void => {
  if (tls !== 'IMPLICIT' && !(tls === 'NONE' && isLoopback(host.toLowerCase())))
    faults.add(
      ['tls'],
      'Amazon SES is reached over HTTPS: use IMPLICIT. NONE is for an endpoint of your own at a loopback address.',
    );
};

/** The settings in their normal form, null for SMTP; faults are noted at `ses` and `tls`. */
export const checkSes = (faults: Faults, context: SesContext): SesDraft | null => {
  const { kind, ses } = context;
  if (kind === 'SMTP') {
    if (ses !== null)
      faults.add(['ses'], 'A server of kind SMTP has no settings of Amazon SES. Leave it out, or use kind SES.');
    return null;
  }
  if (ses === null) {
    faults.add(['ses'], 'A server of kind SES needs the region of Amazon SES, as in `{ region: "eu-central-1" }`.');
    return null;
  }
  checkWay(faults, context);
  return {
    region: faults.take(['ses', 'region'], checkRegion(ses.region), ''),
    configurationSet: faults.take(['ses', 'configurationSet'], checkConfigurationSet(ses.configurationSet), null),
  };
};
