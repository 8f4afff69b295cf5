import { ArrowLeftRight, Grid3x3, Mic, MicOff, Pause, PhoneForwarded, Play, type LucideIcon } from 'lucide-react';
import { useState } from 'react';
import type { CallView } from '../../../app/ipc/panel.ts';
import { KEYS } from '../shortcuts.ts';
import { useTexts } from '../texts/use-texts.ts';
import { useStore, type Asking } from '../use-panel.ts';
import { controlsOf, type CallControl } from '../view/call.ts';
import { Keypad } from './Keypad.tsx';
import { TransferForm } from './TransferForm.tsx';

/** Hold, mute, keys and transfer of a call that goes on. Every button stays in its place. */
export function CallControls(props: {
  call: CallView;
  /** Another call is active: to take this one is to swap. */
  swaps: boolean;
  /** A transfer can be begun. */
  transfers: boolean;
  asking: Asking;
}) {
  const { call, swaps, transfers, asking } = props;
  const texts = useTexts();
  const { request } = useStore();
  const [open, setOpen] = useState<'keypad' | 'transfer' | null>(null);
  const controls = controlsOf(call);
  if (controls.length === 0) return null;

  const run = (ask: Parameters<Asking['run']>[0]) => {
    if (!asking.busy) void asking.run(ask);
  };
  const toggle = (what: 'keypad' | 'transfer') => setOpen(open === what ? null : what);
  const buttons: Record<CallControl, Omit<ControlProps, 'who' | 'busy'>> = {
    hold: { icon: Pause, label: texts.calls.hold, keys: KEYS.hold, press: () => run(() => request('hold', call.id)) },
    resume: {
      icon: swaps ? ArrowLeftRight : Play,
      label: swaps ? texts.calls.swap : texts.calls.resume,
      keys: KEYS.hold,
      press: () => run(() => request('resume', call.id)),
    },
    mute: {
      icon: call.muted ? MicOff : Mic,
      label: texts.calls.mute,
      keys: KEYS.mute,
      pressed: call.muted,
      press: () => run(() => request('mute', call.id, !call.muted)),
    },
    keypad: { icon: Grid3x3, label: texts.calls.keypad, open: open === 'keypad', press: () => toggle('keypad') },
    transfer: {
      icon: PhoneForwarded,
      label: texts.calls.transfer,
      keys: KEYS.transfer,
      open: open === 'transfer' && transfers,
      disabled: !transfers,
      press: () => toggle('transfer'),
    },
  };

  return (
    <div className="call-tools">
      <div className="call-controls">
        {controls.map((control) => (
          // Hold and resume are one button in one place: it keeps the focus.
          <Control
            key={control === 'resume' ? 'hold' : control}
            {...buttons[control]}
            who={call.title}
            busy={asking.busy}
          />
        ))}
      </div>
      {open === 'keypad' && controls.includes('keypad') && <Keypad call={call} close={() => setOpen(null)} />}
      {open === 'transfer' && transfers && controls.includes('transfer') && (
        <TransferForm call={call} asking={asking} close={() => setOpen(null)} />
      )}
    </div>
  );
}

type ControlProps = {
  icon: LucideIcon;
  label: string;
  who: string;
  busy: boolean;
  keys?: string;
  pressed?: boolean;
  open?: boolean;
  disabled?: boolean;
  press: () => void;
};

function Control({ icon: Icon, label, who, busy, keys, pressed, open, disabled, press }: ControlProps) {
  const texts = useTexts();
  return (
    <button
      type="button"
      className="control"
      aria-label={texts.calls.ofCall(label, who)}
      aria-keyshortcuts={keys}
      title={keys === undefined ? label : `${label} (${keys})`}
      aria-disabled={busy}
      aria-pressed={pressed}
      aria-expanded={open}
      disabled={disabled}
      onClick={press}
    >
      <Icon size={18} />
      <span>{label}</span>
    </button>
  );
}
