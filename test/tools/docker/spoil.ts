/** Spoils one file of docker/ on purpose, to see that the rules find it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { dockerFaults } from '../../../tools/docker/faults.ts';
import { readTexts, type Texts } from '../../../tools/docker/texts.ts';

export type Spoiling = { what: string; file: string; from: string | RegExp; to: string; fault: RegExp };

const texts = readTexts();

const spoil = ({ file, from, to }: Spoiling): Texts => {
  const spoilt = texts[file]!.replace(from, to);
  assert.notEqual(spoilt, texts[file], 'the text to be spoilt is there');
  return { ...texts, [file]: spoilt };
};

export const manifest = (name: string): string => `docker/kubernetes/${name}.yaml`;

/** The sentence that is expected must be among the faults, and the files as they are must have none. */
export const eachIsFound = (subject: string, spoilings: readonly Spoiling[]): Promise<void> =>
  describe(subject, () => {
    it('is well as it is', () => assert.deepEqual(dockerFaults(texts), []));
    for (const spoiling of spoilings)
      it(`with ${spoiling.what} is refused`, () => {
        assert.match(dockerFaults(spoil(spoiling)).join('\n'), spoiling.fault);
      });
  });
