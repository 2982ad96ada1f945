/** What may be shown of a failed verification: one line, no control characters, no trace of the password. */
import { loginSecrets, maskSecrets } from '@sendpool/kernel';

const maxLength = 300;

/** First line of `text`, at most 300 characters, with every form of the password replaced. */
export const probeMessage = (text: string, login: { username: string | null; password: string | null }): string => {
  const [line = ''] = maskSecrets(text, loginSecrets(login)).split(/[\r\n]/, 1);
  return line.replaceAll(/\p{C}/gu, ' ').slice(0, maxLength);
};
