/** How numbers and times are shown to people. */

/** `1234567` as `1,234,567`; null as a dash. */
export const count = (value: number | string | null | undefined): string =>
  value === null || value === undefined ? '-' : Number(value).toLocaleString('en-US');

/** A share between 0 and 1 as `3.4 %`; null as a dash. */
export const percent = (share: number | null | undefined): string =>
  share === null || share === undefined ? '-' : `${(share * 100).toFixed(1)} %`;

/** An RFC 3339 time as `2026-11-24 18:53:02Z`; null as a dash. */
export const time = (at: string | null | undefined): string =>
  at === null || at === undefined ? '-' : `${at.slice(0, 19).replace('T', ' ')}Z`;

const width = 30;

/** A bar of 30 cells that is filled up to `share`, between 0 and 1. */
export const bar = (share: number): string => {
  const filled = Math.round(Math.min(1, Math.max(0, share)) * width);
  return `[${'█'.repeat(filled)}${'░'.repeat(width - filled)}]`;
};

/** Controls that a terminal would act on are shown as spaces: names and replies are other people's words. */
export const plain = (text: string): string => text.replaceAll(/\p{Cc}/gu, ' ');
