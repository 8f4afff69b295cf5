import {
  AppWindow,
  Bell,
  BellOff,
  CircleAlert,
  CircleCheck,
  CircleDashed,
  CircleX,
  Contrast,
  EllipsisVertical,
  IdCard,
  Keyboard,
  Languages,
  type LucideIcon,
  Phone,
  SlidersHorizontal,
  Stethoscope,
} from 'lucide-react';
import { useEffect, useId, useState, type ReactNode } from 'react';
import { LANGUAGE_NAMES } from '../../../app/texts/language.ts';
import { LANGUAGES, type Preferences } from '../../../app/settings/preferences.ts';
import type { PanelState } from '../../../app/ipc/panel.ts';
import { Menu, MenuChoice, MenuItem } from '../kit/Menu.tsx';
import { KEYS } from '../shortcuts.ts';
import { useTexts } from '../texts/use-texts.ts';
import { useAsking, useStore } from '../use-panel.ts';
import { browserSummary, kommoSummary, phoneSummary, type Summary, type Tone } from '../view/status.ts';
import { BrowserDetails } from './BrowserDetails.tsx';
import { KommoDetails } from './KommoDetails.tsx';
import { PhoneDetails } from './PhoneDetails.tsx';

type Connection = 'phone' | 'kommo' | 'browser';

/** A shape for each tone, so that no state is told by colour alone. */
const TONE_ICONS: Record<Tone, LucideIcon> = {
  good: CircleCheck,
  wait: CircleDashed,
  todo: CircleAlert,
  bad: CircleX,
};

type StatusBarProps = {
  state: PanelState;
  showShortcuts: () => void;
  showScreen: (screen: 'settings' | 'diagnostics') => void;
};

/** The three connections; each opens what is to be said and done about it. */
export function StatusBar({ state, showShortcuts, showScreen }: StatusBarProps) {
  const texts = useTexts();
  const [open, setOpen] = useState<Connection | null>(null);
  const details = useId();
  useEffect(() => {
    if (open === null) return;
    // On the window: what had the focus may be gone by the time somebody presses Escape.
    const close = (event: KeyboardEvent) => {
      if (event.key === 'Escape') setOpen(null);
    };
    const leave = ({ target }: PointerEvent) => {
      if (target instanceof Element && target.closest('.status, .popup-place') === null) setOpen(null);
    };
    window.addEventListener('keydown', close);
    window.addEventListener('pointerdown', leave);
    return () => {
      window.removeEventListener('keydown', close);
      window.removeEventListener('pointerdown', leave);
    };
  }, [open]);
  const summaries: Record<Connection, Summary> = {
    phone: phoneSummary(state.phone, state.preferences, texts),
    kommo: kommoSummary(state.kommo, texts),
    browser: browserSummary(state.browser, texts),
  };
  const contents: Record<Connection, ReactNode> = {
    phone: state.phone.state === 'not-set-up' ? null : <PhoneDetails state={state} />,
    kommo: <KommoDetails kommo={state.kommo} />,
    browser: <BrowserDetails browser={state.browser} />,
  };
  const item = (connection: Connection, icon: LucideIcon) => (
    <StatusItem
      summary={summaries[connection]}
      icon={icon}
      open={open === connection}
      details={details}
      toggle={() => setOpen(open === connection ? null : connection)}
    />
  );

  return (
    <header className="status">
      <nav className="status-bar" aria-label={texts.status.region}>
        {item('phone', Phone)}
        {item('kommo', IdCard)}
        {item('browser', AppWindow)}
        <div className="status-tools">
          {state.phone.state !== 'not-set-up' && <QuietSwitch preferences={state.preferences} />}
          <MainMenu preferences={state.preferences} showShortcuts={showShortcuts} showScreen={showScreen} />
        </div>
      </nav>
      <div
        id={details}
        className="status-details"
        data-tone={open === null ? undefined : summaries[open].tone}
        hidden={open === null}
      >
        {open !== null && (
          <>
            <p className="sentence">{summaries[open].sentence}</p>
            {contents[open]}
          </>
        )}
      </div>
    </header>
  );
}

/** What is not needed every day: how the panel looks and speaks, and its keys. */
function MainMenu({
  preferences,
  showShortcuts,
  showScreen,
}: { preferences: Preferences } & Omit<StatusBarProps, 'state'>) {
  const { menu } = useTexts();
  const { request } = useStore();
  const { run } = useAsking();
  const set = (change: Partial<Preferences>) =>
    void run(() => request('setPreferences', { ...preferences, ...change }));
  return (
    <>
      <Menu label={menu.open} icon={EllipsisVertical} className="quiet-switch">
        <MenuChoice
          icon={Languages}
          label={menu.language}
          value={preferences.language}
          options={[
            { value: 'system', label: menu.system },
            ...LANGUAGES.map((value) => ({ value, label: LANGUAGE_NAMES[value], language: value })),
          ]}
          choose={(language) => set({ language })}
        />
        <MenuChoice
          icon={Contrast}
          label={menu.theme}
          value={preferences.theme}
          options={[
            { value: 'system', label: menu.system },
            { value: 'light', label: menu.themes.light },
            { value: 'dark', label: menu.themes.dark },
            { value: 'contrast', label: menu.themes.contrast },
          ]}
          choose={(theme) => set({ theme })}
        />
        <MenuItem icon={SlidersHorizontal} label={menu.settings} choose={() => showScreen('settings')} />
        <MenuItem icon={Stethoscope} label={menu.diagnostics} choose={() => showScreen('diagnostics')} />
        <MenuItem icon={Keyboard} label={menu.shortcuts} hint={KEYS.sheet} choose={showShortcuts} />
      </Menu>
      {/* The keys find a button: this one is for them and for screen readers. */}
      <button type="button" className="unseen" tabIndex={-1} aria-keyshortcuts={KEYS.sheet} onClick={showShortcuts}>
        {menu.shortcuts}
      </button>
    </>
  );
}

/** Do not disturb, one press away. */
function QuietSwitch({ preferences }: { preferences: PanelState['preferences'] }) {
  const texts = useTexts();
  const { request } = useStore();
  const { run } = useAsking();
  const on = preferences.doNotDisturb;
  const Icon = on ? BellOff : Bell;
  return (
    <button
      type="button"
      className="quiet-switch"
      role="switch"
      aria-checked={on}
      aria-label={texts.status.doNotDisturb}
      title={texts.status.doNotDisturb}
      onClick={() => void run(() => request('setPreferences', { ...preferences, doNotDisturb: !on }))}
    >
      <Icon size={18} />
    </button>
  );
}

function StatusItem(props: { summary: Summary; icon: LucideIcon; open: boolean; details: string; toggle: () => void }) {
  const { name, state, tone, sentence } = props.summary;
  const ToneIcon = TONE_ICONS[tone];
  const Icon = props.icon;
  return (
    <button
      type="button"
      className="status-item"
      data-tone={tone}
      aria-expanded={props.open}
      aria-controls={props.details}
      title={sentence}
      onClick={props.toggle}
    >
      <span className="status-name">
        <Icon size={14} />
        <span>{name}</span>
      </span>
      <span className="status-state">
        <ToneIcon size={14} />
        <span>{state}</span>
      </span>
    </button>
  );
}
