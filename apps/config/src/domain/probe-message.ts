/** What may be shown of a failed verification: one line, no control characters, no trace of the password. */

const maxLength = 300;

const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** The forms in which a server could send a login back (RFC 4616 PLAIN, LOGIN). */
const tracesOf = (username: string | null, password: string): string[] =>
  [
    base64(`\0${username ?? ''}\0${password}`),
    base64(`${username ?? ''}\0${username ?? ''}\0${password}`),
    base64(password),
    base64(password).replace(/=+$/, ''),
    password,
  ].filter((trace) => trace.length > 0);

/** First line of `text`, at most 300 characters, with every form of the password replaced. */
export const probeMessage = (text: string, login: { username: string | null; password: string | null }): string => {
  const traces = login.password === null ? [] : tracesOf(login.username, login.password);
  const clean = traces.reduce((message, trace) => message.replaceAll(trace, '***'), text);
  const [line = ''] = clean.split(/[\r\n]/, 1);
  return line.replaceAll(/\p{C}/gu, ' ').slice(0, maxLength);
};
