/** Received mails as JSON lines in a file; what is promised as written survives the end of the process. */
import { closeSync, openSync, writeSync } from 'node:fs';
import type { ReceivedMail } from './sink.ts';

export type MailLog = {
  /** Resolves when the line has been handed to the operating system; the lines of one turn of the event loop go together. */
  append(mail: ReceivedMail): Promise<void>;
  close(): void;
};

export const openMailLog = (path: string): MailLog => {
  const file = openSync(path, 'a');
  let lines = '';
  let written: Promise<void> | null = null;
  const write = (): void => {
    const group = lines;
    lines = '';
    written = null;
    writeSync(file, group);
  };
  return {
    append: (mail) => {
      lines += `${JSON.stringify(mail)}\n`;
      written ??= new Promise((resolve, reject) => {
        setImmediate(() => {
          try {
            write();
            resolve();
          } catch (error) {
            reject(error instanceof Error ? error : new Error(String(error)));
          }
        });
      });
      return written;
    },
    close: () => {
      if (lines !== '') write();
      closeSync(file);
    },
  };
};
