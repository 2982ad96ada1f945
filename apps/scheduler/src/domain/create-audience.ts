/** Makes an empty audience with a name of its own. */
import { newId } from '@sendpool/kernel';
import type { Audience, AudienceStore } from './audience.ts';
import { badInput, conflict, done, refuse, type Result } from './refusal.ts';

export const createCreateAudience =
  (deps: { audiences: Pick<AudienceStore, 'insert'>; now(): number }) =>
  async (input: { name: string }): Promise<Result<Audience>> => {
    const name = input.name.trim();
    if (name.length === 0 || name.length > 100) {
      return refuse(badInput('the name must have 1 to 100 characters', 'name'));
    }
    const audience = { id: newId(deps.now()), name, createdAt: new Date(deps.now()) };
    if (await deps.audiences.insert(audience)) return done({ ...audience, contactCount: 0 });
    return refuse(conflict('another audience has this name', ['input', 'name']));
  };
