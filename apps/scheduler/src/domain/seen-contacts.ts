/** Remembers the contacts of one upload by their ids, one bit each: a million contacts take 128 kB, exactly and not by chance. */
import type { SeenContacts } from './contact-import.ts';

/** Ids are given out in order, so those of one file lie close together. */
const idsInPage = 8192;

export const createSeenContacts = (): SeenContacts => {
  const pages = new Map<number, Uint8Array>();
  const pageOf = (number: number): Uint8Array => {
    const page = pages.get(number) ?? new Uint8Array(idsInPage / 8);
    pages.set(number, page);
    return page;
  };
  return (id) => {
    const page = pageOf(Math.floor(id / idsInPage));
    const place = id % idsInPage;
    const [byte, bit] = [place >> 3, 1 << (place & 7)];
    const before = page[byte]!;
    page[byte] = before | bit;
    return (before & bit) !== 0;
  };
};
