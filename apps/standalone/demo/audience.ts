/** The demo's audience: a mix of mailbox providers as in a consumer list, names from several languages, and a few broken rows. */
import { seededRandom } from '@sendpool/kernel';

/** Share of each recipient domain, per mille. The rest goes to company domains with one or two contacts each. */
const domains: [string, number][] = [
  ['gmail.com', 380],
  ['outlook.com', 90],
  ['hotmail.com', 80],
  ['yahoo.com', 90],
  ['icloud.com', 60],
  ['gmx.de', 50],
  ['web.de', 40],
  ['t-online.de', 30],
  ['orange.fr', 25],
  ['mail.ru', 15],
];
const firstNames = [
  'Anna',
  'Björn',
  'Chloé',
  'Đorđe',
  'Elif',
  'Františka',
  'Giulia',
  'Håkon',
  'Inês',
  'José',
  'Kateřina',
  'Łukasz',
  'Мария',
  '直子',
  'Zoë',
];
const lastNames = ['Müller', 'García', 'Nowak', 'Øster', 'Rossi', 'Smith', "O'Neill", 'Šimić', 'Yılmaz', '佐藤'];
const cities = ['Berlin', 'København', 'Kraków', 'Lisboa', 'München', 'Paris', 'São Paulo', 'Zürich', '東京'];
const plans = ['Free', 'Team', 'Business'];

/** Rows that an import must report and leave out. */
const brokenRows = [
  'not-an-address,Ada,Lovelace,London,Team,10',
  ',Nobody,Nowhere,Berlin,Free,1',
  'two@example.com;addresses@example.com,Two,Addresses,Paris,Free,2',
  '"crlf@example.com\r\nBcc: everyone@example.com",Eve,Injector,Wien,Free,3',
  'too@many.example,Columns,In,This,Row,4,5,6',
];

export type DemoAudience = { csv: string; addresses: string[]; brokenRows: number };

const domainAt = (share: number, index: number): string => {
  let sum = 0;
  for (const [domain, weight] of domains) {
    sum += weight;
    if (share * 1000 < sum) return domain;
  }
  return `company-${Math.floor(index / 2)}.example`;
};

/** `count` good contacts in a random but repeatable order, with the broken rows spread among them. */
export const makeAudience = (count: number, seed = 1): DemoAudience => {
  const random = seededRandom(seed);
  const pick = (from: readonly string[]): string => from[Math.floor(random() * from.length)]!;
  const addresses: string[] = [];
  const rows = ['email,first_name,last_name,city,plan,points'];
  const brokenEvery = Math.max(1, Math.floor(count / brokenRows.length));
  for (let index = 0; index < count; index++) {
    const address = `person${index}@${domainAt(random(), index)}`;
    addresses.push(address);
    rows.push(
      `${address},${pick(firstNames)},${pick(lastNames)},${pick(cities)},${pick(plans)},${Math.floor(random() * 5000)}`,
    );
    if (index % brokenEvery === brokenEvery - 1 && index / brokenEvery < brokenRows.length)
      rows.push(brokenRows[Math.floor(index / brokenEvery)]!);
  }
  return {
    csv: `${rows.join('\r\n')}\r\n`,
    addresses,
    brokenRows: Math.min(brokenRows.length, Math.floor(count / brokenEvery)),
  };
};
