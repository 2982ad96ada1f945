/** The log of a process: JSON lines on standard output, without secrets. */
import { pino, type DestinationStream } from 'pino';
import { redact, redactText } from './redact.ts';
import { standardOutput } from './standard-output.ts';

export const logLevels = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof logLevels)[number];

/** One line for each call. Fields named like a secret are never written, at any depth; an `error` field is written with its stack and cause. */
export type Log = Record<LogLevel, (fields: object, message: string) => void>;

export const createLog = (options: { name: string; level: LogLevel; destination?: DestinationStream }): Log => {
  const settings = {
    level: options.level,
    base: { service: options.name },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { err: (error: unknown) => error },
  };
  // Not pino's own stream: at the end of a process that one tries for ever when the reader of a pipe is gone.
  const logger = pino(settings, options.destination ?? standardOutput());
  const write =
    (level: LogLevel) =>
    (fields: object, message: string): void => {
      if (logger.isLevelEnabled(level)) logger[level](redact(fields) as object, redactText(message));
    };
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
};
