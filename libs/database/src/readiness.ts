/** Whether the database answered last time; once it did not, it is asked again, so that readiness returns without traffic. */

export type Readiness = { good(): void; bad(): void; isGood(): boolean };

/** `probe` asks the database something cheap; it is called by isGood() while the last word was bad, one at a time. */
export const createReadiness = (probe: () => Promise<void>): Readiness => {
  let isGood = true;
  let probing = false;
  const ask = async (): Promise<void> => {
    if (probing) return;
    probing = true;
    try {
      await probe();
      isGood = true;
    } catch {
      // The next question asks again.
    } finally {
      probing = false;
    }
  };
  return {
    good: () => {
      isGood = true;
    },
    bad: () => {
      isGood = false;
    },
    isGood: () => {
      if (!isGood) void ask();
      return isGood;
    },
  };
};
