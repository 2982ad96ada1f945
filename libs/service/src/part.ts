/** What a process is made of: parts that start in order and stop in reverse order. */

export type Part = {
  readonly name: string;
  start?(): Promise<void>;
  /** Part of /readyz; a part without it is ready once started. */
  ready?(): boolean;
  /** Told first when the process is to stop, while requests still run: ends what would never end by itself, as streams and sockets. */
  drain?(): void;
  /** Stops taking new work, finishes what runs, and lets go. Must end within `deadlineMs`. */
  stop?(deadlineMs: number): Promise<void>;
};
