/** Who is it? One `POST /api/v2/events` for a call, then the name from the card that Kommo chose. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Call } from '../../app/calls/call.ts';
import type { Caller } from '../../app/calls/completed-call.ts';
import { KommoRefusal } from '../../app/kommo/refusal.ts';
import { lookUpNumber, type NumberInfo } from '../../app/numbers/number.ts';
import type { Timeline } from '../diagnostics/timeline.ts';
import type { Log } from '../diagnostics/log.ts';
import type { Session } from '../session/session.ts';

/** A name that could not be read is asked for again so often, after so long; reading it notifies nobody. */
const READ_AGAIN_MS = [500, 2000];

/** What is known by now; `notice` is the agent's sentence when something was in the way. */
export type Resolution = { caller: Caller; notice: string | null };

export function createCallerResolver({ session, timeline, log }: { session: Session; timeline: Timeline; log: Log }) {
  /**
   * Asks Kommo about a call. `found` hears of the entity before its name is read. Never rejects: what goes wrong is a
   * resolution with a sentence. The caller of this sees to it that it is called once for a call.
   */
  async function resolve(call: Call, number: NumberInfo, found: (resolution: Resolution) => void): Promise<Resolution> {
    const asked = lookUpNumber(number);
    const kommo = session.client();
    if (asked === null) return { caller: { kind: 'not-asked' }, notice: null };
    if (kommo === null) {
      const set = session.origin() !== null;
      return { caller: { kind: 'not-asked' }, notice: set ? new KommoRefusal('signed-out').message : null };
    }
    try {
      const { current_user_id } = await session.identify();
      timeline.add('resolve.sent', call.id);
      const entity = await kommo.announceCall(asked, [current_user_id]);
      timeline.add('resolve.entity', call.id, { type: entity?.type ?? null });
      if (entity === null) {
        session.heard(null);
        timeline.add('resolve.done', call.id, { found: false });
        return { caller: { kind: 'nobody' }, notice: null };
      }
      found({ caller: { kind: 'entity', entity, name: null }, notice: null });
      const resolution = await nameOf(entity, () => patiently(() => kommo.entityName(entity)));
      timeline.add('resolve.done', call.id, {
        found: true,
        named: resolution.caller.kind === 'entity' && resolution.caller.name !== null,
      });
      session.heard(null);
      return resolution;
    } catch (error) {
      const refusal =
        error instanceof KommoRefusal ? error : new KommoRefusal('unreachable', { detail: String(error) });
      log('caller.not-resolved', { kind: refusal.kind, detail: refusal.detail });
      timeline.add('resolve.done', call.id, { found: false, problem: refusal.kind });
      session.heard(refusal.message);
      return { caller: { kind: 'failed', reason: refusal.message }, notice: refusal.message };
    }
  }

  async function nameOf(
    entity: Extract<Caller, { kind: 'entity' }>['entity'],
    read: () => Promise<string | null>,
  ): Promise<Resolution> {
    try {
      return { caller: { kind: 'entity', entity, name: await read() }, notice: null };
    } catch (error) {
      const refusal =
        error instanceof KommoRefusal ? error : new KommoRefusal('unreachable', { detail: String(error) });
      log('caller.not-named', { kind: refusal.kind, detail: refusal.detail });
      return {
        caller: { kind: 'entity', entity, name: null },
        notice: `The name could not be read. ${refusal.message}`,
      };
    }
  }

  return { resolve };
}

/** Reads again what failed for a reason that passes. */
async function patiently<T>(read: () => Promise<T>): Promise<T> {
  for (const wait of READ_AGAIN_MS) {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof KommoRefusal) || !error.passes || error.kind === 'timeout') throw error;
      await pause(wait);
    }
  }
  return read();
}
