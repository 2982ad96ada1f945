/** Tables as CSV, streamed from the scheduler as fast as the client takes them; what breaks in the middle cuts the connection. */
import { pipeline } from 'node:stream/promises';
import type { Role } from '@sendpool/contracts';
import { createTally } from '@sendpool/graphql';
import { AppError, isId } from '@sendpool/kernel';
import { refuse, type Refusal, type Transfer } from './transfer.ts';

const notFound = (path: string): Refusal => ({
  status: 404,
  code: 'NOT_FOUND',
  message: `There is nothing at this path: download from ${path}`,
});

/** At once: each holds a connection and some rows, for as long as its client likes. */
const most = { ofAll: 16, ofKey: 4 };

const tooMany: Refusal = {
  status: 429,
  code: 'RATE_LIMITED',
  message: `${most.ofKey} downloads of this key are running: wait for one to end`,
};

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

const drop = ({ body }: Parameters<Transfer['take']>[0]): void => void body.on('error', () => undefined).destroy();

/** Lets so many run at once. Throws AppError UNAVAILABLE, retriable, for the next one. */
const createTake = (): Transfer['take'] => {
  const [ofAll, ofKey] = [createTally(most.ofAll), createTally(most.ofKey)];
  return async (answer, exchange) => {
    const leaveKey = ofKey.take(exchange.actor.keyId);
    if (leaveKey === undefined) {
      drop(answer);
      return refuse(exchange.res, tooMany);
    }
    const leaveAll = ofAll.take('all');
    try {
      if (leaveAll !== undefined) return await take(answer, exchange);
      drop(answer);
      throw new AppError('UNAVAILABLE', 'too many downloads are running', { retriable: true });
    } finally {
      leaveAll?.();
      leaveKey();
    }
  };
};

export const createDownloads = (): Transfer[] => {
  const bounded = createTake();
  return downloads.map(({ prefix, pattern, example, role }) => ({
    method: 'GET',
    path: prefix,
    check: ({ url }) => {
      const id = pattern.exec(url ?? '')?.[1];
      return id === undefined || !isId(id) ? notFound(example) : role;
    },
    take: bounded,
  }));
};
