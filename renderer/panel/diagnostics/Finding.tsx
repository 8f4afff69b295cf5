import { CircleAlert, CircleCheck, CircleDashed, CircleX, LoaderCircle, type LucideIcon } from 'lucide-react';
import type { CheckName, CheckResult } from '../../../app/ipc/panel.ts';
import { useTexts } from '../texts/use-texts.ts';
import { filled } from '../view/filled.ts';

const ICONS: Record<CheckResult['state'], LucideIcon> = {
  good: CircleCheck,
  warning: CircleAlert,
  bad: CircleX,
  'not-set-up': CircleDashed,
};

/** One check: what was tried, what was found, how long it took, and what to do. */
export function Finding({ name, result }: { name: CheckName; result: CheckResult | undefined }) {
  const texts = useTexts();
  const { diagnostics } = texts.administration;
  const Icon = result === undefined ? LoaderCircle : ICONS[result.state];
  const outcome = result === undefined ? undefined : diagnostics.outcomes[result.code];
  return (
    <li className="finding" data-check={name} data-state={result?.state ?? 'checking'}>
      <Icon size={18} aria-hidden="true" />
      <div>
        <p>
          <strong>{diagnostics.checks[name]}</strong>{' '}
          <span className="quiet">
            {result === undefined
              ? diagnostics.checking
              : `${diagnostics.states[result.state]} · ${filled(diagnostics.took, { ms: result.ms }, texts.language)}`}
          </span>
        </p>
        {outcome !== undefined && <p>{filled(outcome.is, result?.details ?? {}, texts.language)}</p>}
        {outcome?.next !== undefined && (
          <p className="next">{filled(outcome.next, result?.details ?? {}, texts.language)}</p>
        )}
      </div>
    </li>
  );
}
