/** Tables as CSV, streamed from the scheduler as fast as the client takes them; what breaks in the middle cuts the connection. */
import { pipeline } from 'node:stream/promises';
import { recipientStates, type Role } from '@sendpool/contracts';
import { createTally, type Problem } from '@sendpool/graphql';
import { isId } from '@sendpool/kernel';
import { busySeconds, type Transfer } from './transfer.ts';

const notFound = (path: string): Problem => ({
  status: 404,
  code: 'NOT_FOUND',
  message: `There is nothing at this path: download from ${path}`,
});

/** At once: each holds a connection and some rows, for as long as its client likes. */
const most = { ofAll: 16, ofKey: 4 };

const tooMany = {
  ofKey: {
    status: 429,
    code: 'RATE_LIMITED',
    message: `${most.ofKey} downloads of this key are running: wait for one to end`,
    retryAfterSeconds: busySeconds,
  },
  ofAll: {
    status: 503,
    code: 'UNAVAILABLE',
    message: 'Too many downloads are running; try again in a moment',
    retryAfterSeconds: busySeconds,
  },
} as const satisfies Record<string, Problem>;

/** Milliseconds in which a client must take something. */
const idleMs = 120_000;

const passedOn = ['content-type', 'content-disposition', 'cache-control'] as const;

const take: Transfer['take'] = async ({ headers, body }, { res }) => {
  for (const name of passedOn) res.setHeader(name, headers[name] ?? '');
  res.setHeader('x-content-type-options', 'nosniff');
  res.setTimeout(idleMs, () => res.destroy());
  await pipeline(body, res);
};

const badQuery = (message: string): Problem => ({ status: 400, code: 'BAD_INPUT', message });

const stateFault = (query: URLSearchParams): Problem | undefined => {
  const [[name, value] = [], ...more] = [...query];
  if (name === undefined) return undefined;
  if (name === 'state' && more.length === 0 && recipientStates.some((state) => state === value)) return undefined;
  return badQuery(`Behind the path goes nothing, or \`?state=\` with one of ${recipientStates.join(', ')}`);
};

const anyFault = ({ size }: URLSearchParams): Problem | undefined =>
  size === 0 ? undefined : badQuery('Nothing goes behind this path: leave out what begins with `?`');

type Download = {
  prefix: string;
  pattern: RegExp;
  example: string;
  role: Role;
  queryFault: (query: URLSearchParams) => Problem | undefined;
};

const downloads: readonly Download[] = [
  {
    prefix: '/campaigns/*',
    pattern: /^\/campaigns\/([^/?]+)\/recipients\.csv$/,
    example: '/campaigns/{id}/recipients.csv?state={state}',
    role: 'READER',
    queryFault: stateFault,
  },
  {
    prefix: '/audiences/*',
    pattern: /^\/audiences\/([^/?]+)\/imports\/[^/?]+\/errors\.csv$/,
    example: '/audiences/{id}/imports/{import}/errors.csv',
    role: 'OPERATOR',
    queryFault: anyFault,
  },
];

/** Lets so many run at once: asked before the scheduler is. */
const createEnter = (): NonNullable<Transfer['enter']> => {
  const [ofAll, ofKey] = [createTally(most.ofAll), createTally(most.ofKey)];
  return ({ keyId }) => {
    const leaveKey = ofKey.take(keyId);
    if (leaveKey === undefined) return tooMany.ofKey;
    const leaveAll = ofAll.take('all');
    if (leaveAll === undefined) leaveKey();
    return leaveAll === undefined
      ? tooMany.ofAll
      : () => {
          leaveAll();
          leaveKey();
        };
  };
};

const checkOf =
  ({ pattern, example, role, queryFault }: Download): Transfer['check'] =>
  ({ url = '' }) => {
    const [path = '', ...query] = url.split('?');
    const id = pattern.exec(path)?.[1];
    if (id === undefined || !isId(id)) return notFound(example);
    return queryFault(new URLSearchParams(query.join('?'))) ?? role;
  };

export const createDownloads = (): Transfer[] => {
  const enter = createEnter();
  return downloads.map((download) => ({
    method: 'GET',
    path: download.prefix,
    check: checkOf(download),
    enter,
    take,
  }));
};
