/** Rolls the domain of a recipient up to its mailbox provider, so that shares and statistics hold for each provider. */

/** All that no line of the table names. */
export const otherProvider = 'other';

const domains: Readonly<Record<string, readonly string[]>> = {
  gmail: ['gmail.com', 'googlemail.com'],
  microsoft: ['msn.com', 'passport.com', 'windowslive.com'],
  yahoo: ['rocketmail.com', 'myyahoo.com', 'aol.com', 'aim.com', 'verizon.net', 'netscape.net'],
  'yahoo-japan': ['yahoo.co.jp', 'ymail.ne.jp'],
  icloud: ['icloud.com', 'me.com', 'mac.com'],
  gmx: ['gmx.de', 'gmx.net', 'gmx.at', 'gmx.ch', 'gmx.com', 'gmx.us', 'gmx.co.uk', 'gmx.fr', 'gmx.eu', 'gmx.org'],
  'web.de': ['web.de', 'email.de'],
  't-online': ['t-online.de', 'magenta.de'],
  freenet: ['freenet.de'],
  orange: ['orange.fr', 'wanadoo.fr', 'orange.net', 'voila.fr'],
  free: ['free.fr'],
  sfr: ['sfr.fr', 'neuf.fr', 'cegetel.net', 'club-internet.fr'],
  laposte: ['laposte.net'],
  libero: ['libero.it', 'virgilio.it', 'iol.it', 'inwind.it', 'blu.it'],
  'mail.ru': ['mail.ru', 'bk.ru', 'inbox.ru', 'list.ru', 'internet.ru'],
  yandex: ['yandex.ru', 'yandex.com', 'ya.ru', 'yandex.by', 'yandex.kz', 'yandex.ua'],
  proton: ['proton.me', 'protonmail.com', 'protonmail.ch', 'pm.me'],
  comcast: ['comcast.net', 'xfinity.com'],
  att: ['att.net', 'sbcglobal.net', 'bellsouth.net'],
  bt: ['btinternet.com', 'btopenworld.com'],
  wp: ['wp.pl', 'o2.pl', 'tlen.pl'],
  naver: ['naver.com'],
  qq: ['qq.com', 'foxmail.com'],
  netease: ['163.com', '126.com', 'yeah.net'],
};

/** First labels under which a provider has a domain in many countries: `yahoo.co.uk`, `hotmail.fr`, `outlook.de`. */
const labels: ReadonlyMap<string, string> = new Map([
  ['hotmail', 'microsoft'],
  ['outlook', 'microsoft'],
  ['live', 'microsoft'],
  ['yahoo', 'yahoo'],
  ['ymail', 'yahoo'],
]);

/** `com`, `fr`, `co.uk`, `com.br`: with more before it the domain is somebody's own. */
const countryEnding = /^(?:[a-z]{2,3}|com?\.[a-z]{2})$/;

const exact: ReadonlyMap<string, string> = new Map(
  Object.entries(domains).flatMap(([provider, names]) => names.map((name) => [name, provider] as const)),
);

/** `domain` in lower case, as in `gmail.com`. What no line of the table names is `other`. */
export const providerOf = (domain: string): string => {
  const known = exact.get(domain);
  if (known !== undefined) return known;
  const dot = domain.indexOf('.');
  const provider = labels.get(domain.slice(0, dot));
  return provider !== undefined && countryEnding.test(domain.slice(dot + 1)) ? provider : otherProvider;
};

/** The part of an address after its last @, in lower case. */
export const domainOf = (address: string): string => address.slice(address.lastIndexOf('@') + 1).toLowerCase();
