/** Takes secrets out of what the other side says, in every form in which it could send them back. */

const base64 = (text: string): string => Buffer.from(text).toString('base64');

const formsOf = (secret: string): string[] => [
  secret,
  base64(secret),
  base64(secret).replace(/=+$/, ''),
  encodeURIComponent(secret.toWellFormed()),
  JSON.stringify(secret).slice(1, -1),
];

/** The text with `***` for each of the secrets: plain, in base64, and as a URL or JSON writes it. Mask before you cut: a half is not found. */
export const maskSecrets = (text: string, secrets: readonly string[]): string =>
  secrets
    .filter((secret) => secret !== '')
    .flatMap(formsOf)
    .sort((one, other) => other.length - one.length)
    .reduce((left, form) => left.replaceAll(form, '***'), text);

/** What a login sends that nobody else may see (RFC 4616 PLAIN, LOGIN). */
export const loginSecrets = (login: { username: string | null; password: string | null }): string[] => {
  const { username, password } = login;
  if (password === null || password === '') return [];
  const name = username ?? '';
  return [`\0${name}\0${password}`, `${name}\0${name}\0${password}`, password];
};
