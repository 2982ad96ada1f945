/** Calls through TypeORM's repositories, with the fault of a database that is away told apart from a bug. */
import { AppError } from '@sendpool/kernel';
import { QueryFailedError } from 'typeorm';

/** SQLSTATE classes of a lost connection and of a server that goes down or is full. */
const passing = /^(08|57P|53)/;

const isRefusedBySql = (error: unknown): boolean => {
  const code = error instanceof QueryFailedError ? (error.driverError as { code?: string }).code : undefined;
  return code !== undefined && /^[0-9A-Z]{5}$/.test(code) && !passing.test(code);
};

/** Throws AppError UNAVAILABLE (retriable) when the database did not answer; what SQL itself refuses is thrown as it is. */
export const guarded = async <T>(work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof AppError || isRefusedBySql(cause)) throw cause;
    throw new AppError('UNAVAILABLE', 'the database is not available', { retriable: true, cause });
  }
};
