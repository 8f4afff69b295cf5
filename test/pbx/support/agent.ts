/** An agent who talks: how the program is started with a voice for a microphone, set up for a stack of real parts. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SPEECH_RATE, synthesizeSpeech, wav } from '../../../sandbox/pbx/audio.ts';
import { agents, type Kommo } from '../../../sandbox/kommo/index.ts';
import type { RingsideOptions } from '../../e2e/support/ringside.ts';
import type { PbxStack } from './stack.ts';

/** The extension of the agent. */
export const AGENT = '100';

/** @param server where the phone registers */
export async function talkingAgent(
  pbx: PbxStack,
  kommo: Kommo,
  server = pbx.wsUrl,
): Promise<Pick<RingsideOptions, 'args' | 'provision'>> {
  const voice = join(pbx.folder, 'agent.wav');
  await writeFile(voice, wav(synthesizeSpeech(210, 20), SPEECH_RATE));
  return {
    args: [`--use-file-for-fake-audio-capture=${voice}`, '--allow-loopback-in-peer-connection'],
    provision: {
      kommo: {
        baseUrl: kommo.origin,
        auth: { kind: 'token', accessToken: kommo.longLivedToken(agents.anaSilva.id) },
      },
      phone: {
        server,
        uri: `sip:${AGENT}@${pbx.domain}`,
        authorizationUser: AGENT,
        password: pbx.users.find(({ user }) => user === AGENT)?.password ?? '',
      },
    },
  };
}
