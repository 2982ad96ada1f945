/** Findings about bounces in words, for people who would otherwise take a number for a fault. */
import type { RotationEvidence } from '@sendpool/contracts';

/** Fewer own sends are not judged. */
export const fewestSends = 100;

/** As in `3 %`, `3.4 %`, `4.55 %`; two decimals at most. */
export const percent = (rate: number): string => `${Number((rate * 100).toFixed(2))} %`;

export const sendsText = (sends: number): string => (sends === 1 ? '1 send' : `${sends.toLocaleString('en-US')} sends`);

type Measured = Pick<RotationEvidence, 'sends' | 'rate'>;

/** As in `3.4 % over 2,000 sends`. */
export const measuredText = ({ sends, rate }: Measured): string => `${percent(rate)} over ${sendsText(sends)}`;

/** The plain judgement of a rate against a limit. */
export const rateText = (
  evidence: Pick<RotationEvidence, 'sends' | 'rate' | 'lowerBound' | 'needed'>,
  limit: number,
): string => {
  if (evidence.sends === 0) return 'no sends';
  const measured = measuredText(evidence);
  if (evidence.sends < fewestSends) return `${measured}: not judged below ${sendsText(fewestSends)}`;
  if (evidence.rate <= limit) return `${measured}: within the ${percent(limit)} allowed`;
  if (evidence.lowerBound > limit) return `${measured}: significantly above ${percent(limit)}`;
  return `${measured}: not yet significant, ${percent(evidence.needed)} needed at this volume`;
};

/** How the rest of the pool does, as in `the rest of the pool has 1.1 %`. */
export const restText = ({ restRate }: Pick<RotationEvidence, 'restRate'>): string =>
  restRate === null ? 'no other member has sends to compare with' : `the rest of the pool has ${percent(restRate)}`;
