/** The office that the story plays in: a Kommo account, a PBX with the agent's extension, and the desktop's settings. */
import { agents, openKommo, people, type Kommo, type KommoOptions } from '../kommo/index.ts';
import { startPbx, type Pbx, type PbxOptions } from '../pbx/index.ts';

export const AGENT = { extension: '101', password: 'sandbox-101', name: 'Ana Silva', userId: agents.anaSilva.id };

export type Office = {
  readonly kommo: Kommo;
  readonly pbx: Pbx;
  /** What an administrator would hand to the agent's desktop. */
  readonly provisioning: Record<string, unknown>;
  close(): Promise<void>;
};

/** @param widgetDir the built widget, hosted in every page of the account as Kommo hosts it */
export async function openOffice(
  widgetDir: string,
  options: KommoOptions = {},
  pbxOptions: Partial<PbxOptions> = {},
): Promise<Office> {
  const kommo = await openKommo({ ...options, widgetDir });
  const pbx = await startPbx({
    domain: 'pbx.sandbox.test',
    extensions: [{ user: AGENT.extension, password: AGENT.password, displayName: AGENT.name }],
    recordingHeader: 'X-Recording-URL',
    ...pbxOptions,
  });
  pbx.callee(/^\+?\d{7,}$/, { kind: 'answer', ringMs: 1500, recording: true });
  pbx.callee(people.ruthAlvarez.phone, { kind: 'answer', ringMs: 900, recording: true });
  return {
    kommo,
    pbx,
    provisioning: {
      kommo: {
        baseUrl: kommo.origin,
        auth: { kind: 'token', accessToken: kommo.longLivedToken(AGENT.userId) },
        // One desktop has Kommo's limit to itself: a refusal on a busy computer must not look like colleagues.
        desktops: 1,
      },
      phone: {
        server: pbx.url,
        uri: `sip:${AGENT.extension}@${pbx.domain}`,
        authorizationUser: AGENT.extension,
        password: AGENT.password,
        displayName: AGENT.name,
      },
      calls: { country: 'US', internalDigits: 6, recording: { header: 'X-Recording-URL' } },
    },
    close: async () => {
      await pbx.close();
      await kommo.close();
    },
  };
}
