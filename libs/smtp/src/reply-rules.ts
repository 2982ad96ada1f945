/**
 * What a refusing reply means, as a table: the first row whose conditions all hold decides. Sources: RFC 5321 (basic codes), RFC 3463 and the
 * IANA registry (enhanced status codes), RFC 7504 (521, 556), and what large mailbox providers write. docs/reply-classes.md shows the same table.
 */
import type { BounceClass } from '@sendpool/contracts';

/** Why a server refused, as a word for machines. */
export type RefusalReason =
  | 'GREYLISTED'
  | 'THROTTLED'
  | 'LOGIN_WANTED'
  | 'MAILBOX_UNKNOWN'
  | 'MAILBOX_DISABLED'
  | 'MAILBOX_FULL'
  | 'MAILBOX_BUSY'
  | 'DOMAIN_UNREACHABLE'
  | 'SENDER_ADDRESS'
  | 'SENDER_AUTH'
  | 'POLICY'
  | 'SPAM_OR_REPUTATION'
  | 'CONTENT'
  | 'TOO_LARGE'
  | 'PROTOCOL'
  | 'TEMPORARY'
  | 'REFUSED'
  | 'BAD_ADDRESS';

export type ReplyRule = {
  /** Kept with each event. Never changes its meaning and is never used again for another one. */
  readonly id: string;
  /** Basic code, as in `421` or `5..`. */
  readonly code?: RegExp;
  /** Enhanced status. A row that has this does not match a reply without one. */
  readonly enhanced?: RegExp;
  /** Somewhere in the text, addresses left out. */
  readonly words?: RegExp;
  /** RCPT: the reply to the address. CONTENT: any later one. */
  readonly stage?: 'RCPT' | 'CONTENT';
  /** THROTTLE and LOGIN are about the server: neither a bounce nor a deferral of the message. */
  readonly means: BounceClass | 'THROTTLE' | 'LOGIN';
  readonly reason: RefusalReason;
};

/** Asks to go slower, or to come back. These come first: such a reply is no bounce, whatever its code says. */
const slower: readonly ReplyRule[] = [
  { id: 'greylist', words: /gr[ae]y-?list/i, means: 'SOFT', reason: 'GREYLISTED' },
  {
    id: 'mailbox-rate',
    words:
      /receiving (?:e?mails?|messages) (?:too|at)|too many (?:e?mails?|messages) (?:for|to) this (?:user|mailbox|recipient)/i,
    means: 'SOFT',
    reason: 'MAILBOX_BUSY',
  },
  { id: 'code-421', code: /^421$/, means: 'THROTTLE', reason: 'THROTTLED' },
  { id: 'code-454', code: /^454$/, means: 'THROTTLE', reason: 'THROTTLED' },
  { id: 'code-login', code: /^53[058]$/, means: 'LOGIN', reason: 'LOGIN_WANTED' },
  {
    id: 'mailbox-rate-status',
    code: /^4..$/,
    enhanced: /^4\.2\./,
    words: /\btoo many\b|\brate\b/i,
    means: 'SOFT',
    reason: 'MAILBOX_BUSY',
  },
  { id: 'one-mailbox', code: /^4..$/, enhanced: /^4\.2\.2$/, means: 'SOFT', reason: 'MAILBOX_FULL' },
  { id: 'one-message', code: /^4..$/, enhanced: /^4\.3\.4$/, means: 'SOFT', reason: 'TOO_LARGE' },
  {
    id: 'one-mailbox-words',
    code: /^4..$/,
    words: /(?:mailbox|storage|size|message size) (?:size )?(?:limit|quota)|over ?quota|message size/i,
    means: 'SOFT',
    reason: 'MAILBOX_FULL',
  },
  {
    id: 'one-route',
    code: /^4..$/,
    words: /too many (?:levels|hops|(?:dns )?lookups|recipients? of|forward)|mail loop/i,
    means: 'SOFT',
    reason: 'TEMPORARY',
  },
  {
    id: 'rate-later',
    code: /^4..$/,
    words:
      /\btoo many\b|\brates?\b|throttl|frequency|too (?:fast|quickly)|(?:hourly|daily|sending|connection|message) (?:limit|quota)|limit (?:was |is |has been )?(?:exceeded|reached)|server (?:is )?(?:too )?busy|(?:unusual|unexpected|high) (?:rate|traffic|volume)/i,
    means: 'THROTTLE',
    reason: 'THROTTLED',
  },
  {
    id: 'rate-refused',
    code: /^5..$/,
    words:
      /frequency (?:is )?limit|\brate[- ]limit|sending rate|throttl|too many (?:concurrent )?(?:connections|sessions|e?mails|messages)|too (?:fast|quickly)|(?:hourly|daily|sending|relay|connection) (?:limit|quota)/i,
    means: 'THROTTLE',
    reason: 'THROTTLED',
  },
];

/** The text says that sender, server or content is refused: it outvotes an enhanced status that blames the address. */
const blocks: readonly ReplyRule[] = [
  {
    id: 'words-block-list',
    words:
      /spamhaus|spamcop|barracuda|proofpoint|\bsorbs\b|\bdnsbl\b|\brbl\b|\bxbl\b|(?:black|block|deny)-?list|listed (?:in|by|at) |reputation|banned (?:sending )?ip|blocked (?:using|by|for abuse)/i,
    means: 'BLOCK',
    reason: 'SPAM_OR_REPUTATION',
  },
  {
    id: 'words-server-blocked',
    words:
      /\b(?:ip|client|server|network|host|domain)\b[^;]{0,60}\b(?:blocked|banned|blacklisted|open relay)|\b(?:blocked|banned) (?:ip|client|host|server)|invalid ip|open relay|abusive/i,
    means: 'BLOCK',
    reason: 'SPAM_OR_REPUTATION',
  },
  {
    id: 'words-sender-auth',
    words:
      /\bspf\b|\bdkim\b|\bdmarc\b|unauthenticated|\bptr\b|reverse[- ](?:dns|lookup|mapping)|\brdns\b|unverif[iy]able|smtp authentication|mismatches client ip/i,
    means: 'BLOCK',
    reason: 'SENDER_AUTH',
  },
  {
    id: 'words-spam',
    words: /\bspam\b|\bjunk\b|unsolicited|\bbulk mail\b|phish/i,
    means: 'BLOCK',
    reason: 'SPAM_OR_REPUTATION',
  },
  {
    id: 'words-own-account',
    words:
      /\byour (?:account|ip|server|domain|host)\b[^.;]{0,60}\b(?:suspended|disabled|blocked|banned|locked|paused|not allowed)|sending (?:is |has been )?(?:paused|suspended|disabled)|(?:message|e?mail) (?:is |has been |was )?blocked/i,
    means: 'BLOCK',
    reason: 'POLICY',
  },
  { id: 'words-virus', words: /\bvirus|malware|infected/i, means: 'BLOCK', reason: 'CONTENT' },
  {
    id: 'words-relay',
    words:
      /relay\w* (?:\w+ )?(?:denied|not|prohibited|refused|rejected)|(?:not|no|cannot|unable to|refus\w* to|open|insecure mail) relay(?:ing)?\b/i,
    means: 'BLOCK',
    reason: 'POLICY',
  },
  {
    id: 'words-sender',
    words:
      /\b(?:sender|from|return-path)\b[^.;]{0,40}\b(?:rejected|denied|refused|invalid|not exist|unrout)|(?:unrout(?:e)?able|invalid|unknown|bad) sender/i,
    means: 'BLOCK',
    reason: 'SENDER_ADDRESS',
  },
  { id: 'status-sender', enhanced: /^[45]\.1\.[78]$/, means: 'BLOCK', reason: 'SENDER_ADDRESS' },
  { id: 'status-policy', enhanced: /^[45]\.7\./, means: 'BLOCK', reason: 'POLICY' },
];

/** The text names what is wrong with the mailbox: clearer than an enhanced status that may be missing or wrong. */
const mailboxes: readonly ReplyRule[] = [
  {
    id: 'words-full',
    words:
      /(?:box|storage|disk|quota) (?:is |are )?full|over ?quota|quota (?:is |has been |was )?exceed|exceed\w* (?:\w+ ){0,3}quota|exceeded storage|insufficient (?:system |disk )?(?:storage|space)|out of storage|not enough (?:space|storage)/i,
    means: 'SOFT',
    reason: 'MAILBOX_FULL',
  },
  {
    id: 'words-large',
    words: /too (?:large|big)|size limit|exceed\w* [^.;]{0,40}size|size exceed|line limit/i,
    means: 'SOFT',
    reason: 'TOO_LARGE',
  },
  {
    id: 'words-disabled',
    words:
      /\b(?:account|mailbox|user|recipient)\b[^.;]{0,60}\b(?:disabled|inactive|suspended|deactivated)|\b(?:disabled|inactive|suspended|deactivated) (?:e?mail )?(?:account|mailbox|user|recipient|address)|(?:account|mailbox|user) (?:is |has been |was )?(?:temporarily )?(?:blocked|locked|expired|closed)/i,
    means: 'HARD',
    reason: 'MAILBOX_DISABLED',
  },
  {
    id: 'words-no-domain',
    words:
      /host (?:unknown|not found)|domain (?:is )?not reachable|unknown (?:host|domain)|no such (?:host|domain)|domain (?:name )?(?:not found|does ?n[o']t exist|unknown)|nxdomain|null mx/i,
    means: 'HARD',
    reason: 'DOMAIN_UNREACHABLE',
  },
  {
    id: 'words-unknown',
    words:
      /user[^.;]{0,40} (?:unknown|not found)|(?:unknown|invalid|illegal) (?:or illegal )?(?:user|recipient|mailbox|address|alias|account|local)|no such|\bnot found\b|not exist|does ?n't exist|no mailbox|(?:recipient|mailbox|address|account)[^.;]{0,40}(?:unknown|invalid|undeliverable)|undeliverable address|unrout(?:e)?able|not a (?:valid|registered|known)|bad (?:destination|recipient)/i,
    means: 'HARD',
    reason: 'MAILBOX_UNKNOWN',
  },
];

/** The enhanced status says it. */
const statuses: readonly ReplyRule[] = [
  {
    id: 'words-connection',
    words: /message expired|connection (?:was )?(?:refused|reset|timed out)|\btimed? ?out\b/i,
    means: 'SOFT',
    reason: 'TEMPORARY',
  },
  { id: 'status-address', enhanced: /^[45]\.1\./, means: 'HARD', reason: 'MAILBOX_UNKNOWN' },
  { id: 'status-disabled', enhanced: /^[45]\.2\.1$/, means: 'HARD', reason: 'MAILBOX_DISABLED' },
  { id: 'status-full', enhanced: /^[45]\.2\.2$/, means: 'SOFT', reason: 'MAILBOX_FULL' },
  { id: 'status-large', enhanced: /^[45]\.(?:2\.3|3\.4)$/, means: 'SOFT', reason: 'TOO_LARGE' },
  { id: 'status-loop', enhanced: /^[45]\.4\.(?:[567]|14)$/, means: 'SOFT', reason: 'TEMPORARY' },
  { id: 'status-route', enhanced: /^[45]\.4\./, means: 'HARD', reason: 'DOMAIN_UNREACHABLE' },
  { id: 'status-content', enhanced: /^[45]\.6\./, means: 'BLOCK', reason: 'CONTENT' },
];

/** Words and statuses that say little, then the bare code. */
const vague: readonly ReplyRule[] = [
  { id: 'code-no-mail', code: /^(?:521|556)$/, stage: 'RCPT', means: 'HARD', reason: 'DOMAIN_UNREACHABLE' },
  {
    id: 'words-trouble',
    words: /(?:internal|system) (?:\w+ )?error|(?:currently|temporarily) unavailable|transaction failed/i,
    means: 'SOFT',
    reason: 'TEMPORARY',
  },
  {
    id: 'words-policy',
    words: /policy|not permitted|not allowed|not authori[sz]ed|forbidden|denied|\bblocked\b|rejected|refused/i,
    code: /^5..$/,
    means: 'BLOCK',
    reason: 'POLICY',
  },
  { id: 'status-mailbox', enhanced: /^[45]\.2\./, means: 'SOFT', reason: 'MAILBOX_BUSY' },
  { id: 'status-system', enhanced: /^[45]\.3\./, means: 'SOFT', reason: 'TEMPORARY' },
  { id: 'status-protocol', enhanced: /^[45]\.5\./, means: 'SOFT', reason: 'PROTOCOL' },
  { id: 'code-full', code: /^[45]52$/, means: 'SOFT', reason: 'MAILBOX_FULL' },
  { id: 'code-protocol', code: /^50[0-4]$/, means: 'SOFT', reason: 'PROTOCOL' },
  { id: 'code-address', code: /^55[013]$/, stage: 'RCPT', means: 'HARD', reason: 'MAILBOX_UNKNOWN' },
  { id: 'code-later', code: /^4..$/, means: 'SOFT', reason: 'TEMPORARY' },
  { id: 'code-content', code: /^5..$/, stage: 'CONTENT', means: 'BLOCK', reason: 'CONTENT' },
  { id: 'code-refused', code: /^5..$/, means: 'BLOCK', reason: 'REFUSED' },
];

/** In the order in which they are tried; the last one matches every reply that refuses. */
export const replyRules: readonly ReplyRule[] = [...slower, ...blocks, ...mailboxes, ...statuses, ...vague];
