import { describe, expect, test, vi } from 'vitest';
import type { KommoStatus } from '../../../../app/ipc/panel.ts';
import type { Provisioning } from '../../../../app/settings/provisioning.ts';
import { parseProvisioning } from '../../../../app/settings/provisioning.ts';
import { inEnglish } from '../../../../app/texts/worded.ts';
import { createPanelHandlers, type PanelPorts } from '../../../../main/windows/panel-handlers.ts';
import { createAgentQuestions, type Question } from '../../../../main/windows/agent-questions.ts';

const file = (change: { baseUrl?: string; server?: string | string[] } = {}) => ({
  kommo: { baseUrl: change.baseUrl ?? 'https://evil.kommo.com', auth: { kind: 'token', accessToken: 'a-token' } },
  phone: {
    server: change.server ?? [
      'wss://acme@pbx.evil.example/ws',
      'wss://two.evil.example:7443',
      'wss://pbx.evil.example',
    ],
    uri: 'sip:101@acme.example',
    password: 'a-password',
  },
});
function provisioning(change = {}): Provisioning {
  const parsed = parseProvisioning(JSON.stringify(file(change)));
  if (!parsed.ok) throw new Error('the test has a file with mistakes');
  return parsed.value;
}

/** A system that shows windows until the test answers them. */
function system() {
  const shown: Question[] = [];
  const windows: PromiseWithResolvers<number>[] = [];
  const { mayProvision, mayChangeAccount } = createAgentQuestions({
    show: (question) => {
      shown.push(question);
      const window = Promise.withResolvers<number>();
      windows.push(window);
      return window.promise;
    },
    word: inEnglish,
  });
  return { mayProvision, mayChangeAccount, shown, windows };
}
const NO_MORE = 'A window that asks you something is open already. Answer that one first.';
const DECLINED = 'You said no to this file. Nothing has changed.';

describe('the question', () => {
  test('names whom the file leads to, and is answered with no unless the agent chooses yes', async () => {
    const { mayProvision, shown, windows } = system();
    const answer = mayProvision(provisioning());
    const [question] = shown;
    expect(question?.detail).toContain('to Kommo at evil.kommo.com and to the phone system at');
    // Every server once, and nothing that only stands before it.
    expect(question?.detail).toContain('pbx.evil.example, two.evil.example:7443.');
    expect(JSON.stringify(question)).not.toMatch(/acme|a-token|a-password/);
    expect(question?.buttons).toEqual(['No, leave it as it is', 'Yes, use this file']);
    expect(question).toMatchObject({ defaultId: 0, cancelId: 0 });
    windows[0]?.resolve(1);
    expect(await answer).toEqual({ ok: true, value: null });

    const again = mayProvision(provisioning());
    windows[1]?.resolve(question?.cancelId ?? -1);
    expect(await again).toEqual({ ok: false, message: DECLINED });
  });

  test('shows of an endless name the end, which says whose it is', async () => {
    const { mayProvision, shown } = system();
    void mayProvision(provisioning({ server: `wss://pbx.acme.example.${'a'.repeat(300)}.evil.example` }));
    expect(shown[0]?.detail).toMatch(/phone system at …a+\.evil\.example\./);
    expect(shown[0]?.detail).not.toContain('acme');
  });

  test('is one at a time; the others are told so, and the next is asked', async () => {
    const { mayProvision, shown, windows } = system();
    const first = mayProvision(provisioning());
    const others = await Promise.all(Array.from({ length: 99 }, () => mayProvision(provisioning())));
    expect(shown).toHaveLength(1);
    expect(others).toEqual(Array.from({ length: 99 }, () => ({ ok: false, message: NO_MORE })));
    windows[0]?.resolve(0);
    await first;
    const next = mayProvision(provisioning());
    expect(shown).toHaveLength(2);
    windows[1]?.reject(new Error('no display'));
    await expect(next).rejects.toThrow('no display');
    void mayProvision(provisioning());
    expect(shown).toHaveLength(3);
  });
});

describe('another account from the panel', () => {
  const offer = { account: 'Harbour Street', before: 'Acme' };
  function panel() {
    const { mayChangeAccount, shown, windows } = system();
    const session = { offered: offer as typeof offer | null, changeAccount: vi.fn<() => void>() };
    const handlers = createPanelHandlers({
      session: { status: () => ({ offered: session.offered }), changeAccount: session.changeAccount },
      mayChangeAccount,
      // Nothing of these is asked for here.
      historyDesk: {},
      people: {},
      support: {},
    } as unknown as PanelPorts);
    return { change: async () => handlers.changeAccount(), session, shown, windows };
  }

  test('is taken when the agent says yes to both names, in a window of the system', async () => {
    const { change, session, shown, windows } = panel();
    const answer = change();
    expect(shown[0]?.detail).toContain('in Harbour Street, no longer in Acme');
    expect(session.changeAccount).not.toHaveBeenCalled();
    windows[0]?.resolve(1);
    expect(await answer).toEqual({ ok: true, value: null });
    expect(session.changeAccount).toHaveBeenCalledOnce();
  });

  test('is not taken after a no, nor where another one is offered by then, nor where none is', async () => {
    const { change, session, shown, windows } = panel();
    const refused = change();
    windows[0]?.resolve(0);
    expect(await refused).toMatchObject({ ok: false });
    const swapped = change();
    session.offered = { ...offer, account: 'Evil' };
    windows[1]?.resolve(1);
    const over = { ok: false, message: 'That sign-in is over. Sign in to the other account again.' };
    expect(await swapped).toEqual(over);
    session.offered = null;
    expect(await change()).toEqual(over);
    expect(shown).toHaveLength(2);
    expect(session.changeAccount).not.toHaveBeenCalled();
  });
});

describe('a provisioning file from the panel', () => {
  function panel(isProved: boolean, state: KommoStatus['state']) {
    const { mayProvision, shown, windows } = system();
    const provision = vi.fn<(value: Provisioning) => void>();
    const handlers = createPanelHandlers({
      settings: { isProved: () => isProved },
      session: { status: () => ({ state }) },
      renewal: { provision },
      mayProvision,
      // Nothing of these is asked for here.
      historyDesk: {},
      people: {},
      support: {},
    } as unknown as PanelPorts);
    const give = async (value: unknown = file()) => handlers.provision(JSON.stringify(value));
    return { give, provision, shown, windows };
  }

  test.each(['not-set-up', 'signed-out', 'signed-in'] as const)(
    'is taken unasked where none worked yet (%s)',
    async (state) => {
      const { give, provision, shown } = panel(false, state);
      expect(await give()).toEqual({ ok: true, value: null });
      expect(provision.mock.calls).toEqual([[provisioning()]]);
      expect(shown).toEqual([]);
    },
  );

  test.each(['signed-in', 'signing-in'] as const)(
    'is neither taken nor asked about while the agent is %s',
    async (state) => {
      const { give, provision, shown } = panel(true, state);
      expect(await give()).toMatchObject({ ok: false });
      expect([shown, provision.mock.calls]).toEqual([[], []]);
    },
  );

  test('is taken over a proved one after the agent has said yes, and not before', async () => {
    const { give, provision, windows } = panel(true, 'signed-out');
    const [answer, other] = [give(), give(file({ baseUrl: 'https://third.kommo.com' }))];
    expect(await other).toEqual({ ok: false, message: NO_MORE });
    expect(provision).not.toHaveBeenCalled();
    windows[0]?.resolve(1);
    expect(await answer).toEqual({ ok: true, value: null });
    expect(provision.mock.calls).toEqual([[provisioning()]]);
  });

  test('is not taken where the agent says no, and not asked about where it has mistakes', async () => {
    const { give, provision, shown, windows } = panel(true, 'signed-out');
    const answer = give();
    windows[0]?.resolve(0);
    expect(await answer).toEqual({ ok: false, message: DECLINED });
    expect(await give({ ...file(), phone: {} })).toMatchObject({ ok: false });
    expect(shown).toHaveLength(1);
    expect(provision).not.toHaveBeenCalled();
  });
});
