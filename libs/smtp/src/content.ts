/** The content of one mail as a stream that knows how far it was read: the only way to tell "never left" from "may have arrived". */
import { Readable } from 'node:stream';

export type Content = {
  readonly stream: Readable;
  /** The server has said 354 and content was handed to the socket. */
  wasRead(): boolean;
  /** All of it, so that the final dot may have left. */
  wasHandedOver(): boolean;
};

/** Small enough that a broken connection is noticed between two pieces. */
const pieceBytes = 16_384;

/**
 * nodemailer reads the stream only after 354 and writes the final dot only after its end. So: not read, or read but not ended
 * = the server cannot have accepted; ended and no reply = unknown. `onProgress` is called at each step.
 */
export const createContent = (bytes: Buffer, onProgress: () => void): Content => {
  let position = 0;
  let isRead = false;
  let isHandedOver = false;
  const stream = new Readable({
    highWaterMark: pieceBytes,
    read() {
      isRead = true;
      if (position < bytes.length) {
        const piece = bytes.subarray(position, position + pieceBytes);
        position += piece.length;
        this.push(piece);
      } else {
        isHandedOver = true;
        this.push(null);
      }
      onProgress();
    },
  });
  return { stream, wasRead: () => isRead, wasHandedOver: () => isHandedOver };
};
