/** Makes an empty audience with a name of its own. */
import { checkName } from '@sendpool/contracts';
import { newId } from '@sendpool/kernel';
import type { Audience, AudienceStore } from './audience.ts';
import { badInput, conflict, done, refuse, type Result } from './refusal.ts';

export const createCreateAudience =
  (deps: { audiences: Pick<AudienceStore, 'insert'>; now(): number }) =>
  async (input: { name: string }): Promise<Result<Audience>> => {
    const name = checkName(input.name);
    if (!name.ok) return refuse(badInput(name.message, 'name'));
    const audience = { id: newId(deps.now()), name: name.value, createdAt: new Date(deps.now()) };
    if (await deps.audiences.insert(audience)) return done({ ...audience, contactCount: 0 });
    return refuse(conflict('another audience has this name', ['input', 'name']));
  };
