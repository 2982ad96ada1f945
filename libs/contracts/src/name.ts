/** The one rule of names that people give to servers, pools, keys, audiences and campaigns. */

const longest = 100;

/** A control character or a line break: it would break out of a log line, an SMTP line or a header. */
const broken = /[\p{Cc}\u2028\u2029]/u;
/** Something to see; blanks and invisible characters alone are none. */
const visible = /[^\p{C}\p{Z}]/u;

const refuse = (message: string) => ({ ok: false, message }) as const;

/** The name without blanks around it, or what is wrong with it: 1 to 100 characters in one line. */
export const checkName = (text: string): { ok: true; value: string } | { ok: false; message: string } => {
  const value = text.trim();
  if (value.length > longest) return refuse(`A name has 1 to ${longest} characters; this one has ${value.length}.`);
  if (broken.test(value) || !value.isWellFormed())
    return refuse('A name is one line of text; take out line breaks and control characters.');
  return visible.test(value) ? { ok: true, value } : refuse(`A name has 1 to ${longest} characters that can be seen.`);
};
