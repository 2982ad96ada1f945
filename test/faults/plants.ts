/** Bugs to be found: each rewrites a few lines of the product while a process loads them (plant-hook.ts), and never touches a file. */

/** `find` stands exactly once in the module. */
export type Edit = { readonly module: string; readonly find: string; readonly replace: string };
export type Plant = { readonly says: string; readonly edits: readonly Edit[] };

export const plants: Readonly<Record<string, Plant>> = {
  'done-before-outcome': {
    says: 'the done bit is committed before the outcome is in the log',
    edits: [
      {
        module: 'apps/sender/src/domain/settle.ts',
        find: 'keeper.outbox.add(outcomeEvent(slot.request, report, keeper.deps.clock.now()), () => settleSlot(slot));',
        replace:
          'settleSlot(slot); setTimeout(() => keeper.outbox.add(outcomeEvent(slot.request, report, keeper.deps.clock.now()), () => undefined), 150);',
      },
    ],
  },
  'no-start-bit': {
    says: 'what is started is fresh in the ledger that is committed',
    edits: [
      {
        module: 'apps/sender/src/domain/ledger.ts',
        find: 'bytes[i >> 2]! |= states[i]! << ((i & 3) << 1);',
        replace: 'bytes[i >> 2]! |= (states[i] === 1 ? 0 : states[i]!) << ((i & 3) << 1);',
      },
    ],
  },
  'no-generation-check': {
    says: 'a commit that was refused counts as stored, and a lease that ran out as valid',
    edits: [
      {
        module: 'libs/event-log/src/group/epoch.ts',
        find: "if (!stored) throw lose(new Error('another member holds the partition, or a later commit came first'));",
        replace: '',
      },
      {
        module: 'libs/event-log/src/group/epoch.ts',
        find: 'if (!hasEnded && !deps.lease.isValid())',
        replace: 'if (false as boolean)',
      },
    ],
  },
  'retry-after-dot': {
    says: 'a message without a reply after the final dot goes to the next server',
    edits: [
      {
        module: 'apps/sender/src/delivery/conversation.ts',
        find: "if (result.kind === 'SERVER_FAILURE') moveOn(context, line, task, result);",
        replace:
          "if (result.kind === 'UNKNOWN') moveOn(context, line, task, { ...result, kind: 'SERVER_FAILURE', stage: 'CONTENT', failure: 'CONNECTION', reply: null }); else if (result.kind === 'SERVER_FAILURE') moveOn(context, line, task, result);",
      },
    ],
  },
  'no-watermark': {
    says: 'stats counts every outcome that it reads',
    edits: [
      {
        module: 'apps/stats/src/domain/fold.ts',
        find: 'else if (hasSequence(draft.settled, event.sequence)) settleAgain(draft, event);',
        replace: '',
      },
    ],
  },
};
