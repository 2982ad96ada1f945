/**
 * What an answer of the API that is no success means: the server's fault, a bounce, or nobody knows. Pure.
 * Sources: SES API v2 reference (SendEmail, errors common to all actions) and "Amazon SES email sending errors" of the developer guide,
 * which says that a call that is answered with an error has not sent the message.
 */
import type { BounceClass, SmtpStage } from '@sendpool/contracts';
import type { Answer } from './exchange.ts';

/** `code` is the name of the exception without its ending, '' when the answer is not one of AWS. */
export type SesError = { status: number; code: string; message: string };

export type SesRefusal =
  | { kind: 'SERVER_FAILURE'; stage: SmtpStage; failure: 'CONNECTION' | 'THROTTLE' | 'AUTH' }
  | { kind: 'BOUNCED'; stage: SmtpStage; bounceClass: BounceClass; reason: string; rule: string }
  | { kind: 'UNKNOWN' };

const throttled: SesRefusal = { kind: 'SERVER_FAILURE', stage: 'END_OF_DATA', failure: 'THROTTLE' };
const misconfigured: SesRefusal = { kind: 'SERVER_FAILURE', stage: 'AUTH', failure: 'AUTH' };
const broken: SesRefusal = { kind: 'SERVER_FAILURE', stage: 'END_OF_DATA', failure: 'CONNECTION' };
const unknown: SesRefusal = { kind: 'UNKNOWN' };

/** `rule` is kept with each event: it never changes its meaning. */
const bounced = (
  rule: string,
  ...[stage, bounceClass, reason]: [stage: SmtpStage, bounceClass: BounceClass, reason: string]
): SesRefusal => ({ kind: 'BOUNCED', stage, bounceClass, reason, rule });

const throttleCodes =
  /^(?:TooManyRequests|Throttl\w*|RequestThrottl\w*|(?:Bandwidth|Request)?LimitExceeded|SlowDown|ProvisionedThroughputExceeded)$/;
const throttleWords = /maximum sending rate exceeded|(?:daily )?(?:message|sending) quota exceeded|rate exceeded/i;

/** The account, its credentials or the settings of this server. */
const accountCodes =
  /^(?:AccountSuspended|SendingPaused|ConfigurationSet\w*|NotFound|AccessDenied|NotAuthorized|OptInRequired|UnrecognizedClient|InvalidClientTokenId|InvalidSignature|SignatureDoesNotMatch|IncompleteSignature|MissingAuthenticationToken|ExpiredToken|RequestExpired|RequestTimeTooSkewed)$/;
const accountWords = /sending (?:is )?(?:suspended|paused)|account (?:is|has been) (?:suspended|paused)/i;
const settingsWords = /configuration set/i;

const unverifiedWords = /not verified/i;
const badAddressWords =
  /illegal address|invalid (?:e-?mail|recipient|to) address|missing final '?@domain|missing '?@|domain (?:contains|starts|ends)|local (?:address|part|name) (?:contains|starts|ends)|address .*(?:malformed|is (?:invalid|not valid))/i;
const senderWords = /\b(?:from|sender|source|return-?path|reply-?to)\b/i;
const tooLargeWords = /message (?:length|size)|too (?:long|large)|exceeds?.*(?:size|limit)/i;

const isBadRequest = ({ code }: SesError): boolean =>
  /^(?:BadRequest|Validation(?:Error)?|InvalidParameter\w*|SerializationException|Serialization|RequestEntityTooLarge)$/.test(
    code,
  );

type Row = { when(error: SesError): boolean; verdict: SesRefusal };

/** The first row that matches decides. */
const rows: readonly Row[] = [
  { when: ({ code }) => throttleCodes.test(code), verdict: throttled },
  { when: ({ status }) => status === 429, verdict: throttled },
  { when: ({ status, message }) => status < 500 && throttleWords.test(message), verdict: throttled },
  { when: ({ code }) => accountCodes.test(code), verdict: misconfigured },
  { when: ({ status }) => status === 401 || status === 403, verdict: misconfigured },
  { when: ({ status, message }) => status < 500 && accountWords.test(message), verdict: misconfigured },
  // The front door of the service says that it has not let the request in.
  { when: ({ status, code }) => status === 503 && code === 'ServiceUnavailable', verdict: broken },
  { when: ({ status }) => status >= 500, verdict: unknown },
  {
    when: ({ code }) => code === 'MailFromDomainNotVerified',
    verdict: bounced('ses-from-domain', 'MAIL', 'BLOCK', 'SENDER_ADDRESS'),
  },
  {
    when: ({ code, message }) => code === 'MessageRejected' && unverifiedWords.test(message),
    verdict: bounced('ses-not-verified', 'MAIL', 'BLOCK', 'SENDER_ADDRESS'),
  },
  {
    when: ({ code }) => code === 'MessageRejected',
    verdict: bounced('ses-rejected', 'END_OF_DATA', 'BLOCK', 'CONTENT'),
  },
  { when: (error) => isBadRequest(error) && settingsWords.test(error.message), verdict: misconfigured },
  {
    when: (error) => isBadRequest(error) && badAddressWords.test(error.message) && !senderWords.test(error.message),
    verdict: bounced('ses-address', 'RCPT', 'HARD', 'BAD_ADDRESS'),
  },
  {
    when: (error) => error.status === 413 || (isBadRequest(error) && tooLargeWords.test(error.message)),
    verdict: bounced('ses-size', 'END_OF_DATA', 'BLOCK', 'TOO_LARGE'),
  },
  { when: isBadRequest, verdict: bounced('ses-bad-request', 'END_OF_DATA', 'BLOCK', 'CONTENT') },
  // Any other refusal or redirection, also one that did not come from AWS (RFC 9110, 15.4 and 15.5): the request was not carried out.
  { when: ({ status }) => status >= 300, verdict: broken },
];

/**
 * 5xx is UNKNOWN: AWS calls InternalFailure "an unknown error, exception or failure", and a 502 or 504 comes from something between us
 * and a service that may have taken the message. A complete 4xx is a refusal.
 */
export const classifyAnswer = (error: SesError): SesRefusal => rows.find(({ when }) => when(error))?.verdict ?? unknown;

/** The SDK changes the kind of the bytes it has read: a copy has its own. */
const parse = (body: Uint8Array): Record<string, unknown> => {
  try {
    const value: unknown = JSON.parse(Buffer.from(body).toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
};

const textOf = (...values: unknown[]): string =>
  values.find((value): value is string => typeof value === 'string' && value !== '') ?? '';

/** The code comes in the header or in the body, there with a namespace before it or an address behind it (AWS restJson1). */
export const errorOf = ({ statusCode, headers, body }: Answer): SesError => {
  const fields = parse(body);
  const code = textOf(headers['x-amzn-errortype'], fields['__type'], fields['code'], fields['Code']);
  const name = code
    .split(':', 1)[0]!
    .split('#')
    .at(-1)!
    .replace(/Exception$/, '');
  return { status: statusCode, code: name, message: textOf(fields['message'], fields['Message']) };
};

/** As in `MessageRejected: Email address is not verified.`. */
export const sayError = ({ status, code, message }: SesError): string =>
  [code === '' ? `HTTP ${status}` : code, message].filter((part) => part !== '').join(': ');
