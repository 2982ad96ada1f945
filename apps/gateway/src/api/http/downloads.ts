/** Tables as CSV, streamed from the scheduler as fast as the client takes them; what breaks in the middle cuts the connection. */
import { pipeline } from 'node:stream/promises';
import type { Role } from '@sendpool/contracts';
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

type Download = { prefix: string; pattern: RegExp; example: string; role: Role };

const downloads: readonly Download[] = [
  {
    prefix: '/campaigns/*',
    pattern: /^\/campaigns\/([^/?]+)\/recipients\.csv(\?state=[A-Z_]+)?$/,
    example: '/campaigns/{id}/recipients.csv?state={state}',
    role: 'READER',
  },
  {
    prefix: '/audiences/*',
    pattern: /^\/audiences\/([^/?]+)\/imports\/[^/?]+\/errors\.csv$/,
    example: '/audiences/{id}/imports/{import}/errors.csv',
    role: 'OPERATOR',
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

export const createDownloads = (): Transfer[] => {
  const enter = createEnter();
  return downloads.map(({ prefix, pattern, example, role }) => ({
    method: 'GET',
    path: prefix,
    check: ({ url }) => {
      const id = pattern.exec(url ?? '')?.[1];
      return id === undefined || !isId(id) ? notFound(example) : role;
    },
    enter,
    take,
  }));
};
