/** A From domain given as an argument of a field. */
import { AppError } from '@sendpool/kernel';
import { checkSenderDomain } from '../../domain/check-host.ts';

/** In lower case A-labels. Throws AppError BAD_INPUT when it is no domain. */
export const senderDomain = (text: string): string => {
  const checked = checkSenderDomain(text);
  if (!checked.ok) throw new AppError('BAD_INPUT', checked.message);
  return checked.value;
};
