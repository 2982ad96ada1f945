/** Recipient states as the small numbers and counter columns of the tables. */
import { recipientStates, type RecipientState } from '@sendpool/contracts';

/** The number stored in recipient.state: the place in the contract's list, which therefore only ever grows at its end. */
export const stateNumber = (state: RecipientState): number => recipientStates.indexOf(state);

export const stateOf = (number: number): RecipientState => recipientStates[number]!;

/** Column of campaign_lane that counts a state, as in `in_flight`. */
export const counterOf = (state: RecipientState): string => state.toLowerCase();

export const counterColumns = recipientStates.map(counterOf);
