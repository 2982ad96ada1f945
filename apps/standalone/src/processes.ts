/** Adding, removing and hurting single processes of a running system, by name: for operators of a demo, and for tests. */
import { signalFamily, signalProcess } from './running-process.ts';
import type { ServicePlan, ServicePlans } from './services.ts';
import type { ServiceName } from './shape.ts';
import type { Supervisor } from './supervisor.ts';

type KillOptions = {
  /** Default: SIGKILL. For PostgreSQL, SIGQUIT is `-m immediate`; SIGTERM lets a service stop in order. */
  signal?: NodeJS.Signals;
  /** Stays away this long before it is started again; default: not at all. */
  awayMs?: number;
};

/** Names are those of `processes.json`, `postgres` and `kafka` among them. Unknown ones throw AppError NOT_FOUND. */
export type Processes = {
  /** Starts one more process of a service and resolves with its name when it is ready. */
  add(service: ServiceName): Promise<string>;
  /** SIGTERM; it is not started again. Resolves when it has ended. */
  remove(name: string, deadlineMs?: number): Promise<void>;
  /** Sends a signal that ends it. Does nothing when it is down already. */
  kill(name: string, options?: KillOptions): void;
  /** SIGSTOP, its children too. */
  pause(name: string): void;
  /** SIGCONT, its children too. */
  resume(name: string): void;
};

const removeDeadlineMs = 30_000;

export type ProcessesOptions = {
  supervisor: Supervisor;
  plans: ServicePlans;
  /** Starts a service and waits until it is ready. */
  startReady(plan: ServicePlan): Promise<void>;
};

export const createProcesses = ({ supervisor, plans, startReady }: ProcessesOptions): Processes => {
  const signalAll = (name: string, signal: 'SIGSTOP' | 'SIGCONT'): void => {
    const running = supervisor.find(name);
    if (running !== undefined) signalFamily(running.pid, signal);
  };
  return {
    add: async (service) => {
      const plan = await plans.another(service, new Set(supervisor.plans().map(({ name }) => name)));
      await startReady(plan);
      return plan.name;
    },
    remove: (name, deadlineMs = removeDeadlineMs) => supervisor.stop(name, deadlineMs),
    kill: (name, { signal = 'SIGKILL', awayMs = 0 } = {}) => {
      const running = supervisor.find(name);
      if (running === undefined) return;
      supervisor.keepAway(name, awayMs);
      signalProcess(running.pid, signal);
    },
    pause: (name) => signalAll(name, 'SIGSTOP'),
    resume: (name) => signalAll(name, 'SIGCONT'),
  };
};
