import { useCallback, useEffect, useState } from 'react';
import type { CheckName, CheckResult } from '../../../app/ipc/panel.ts';
import { useStore } from '../use-panel.ts';

export type Results = Partial<Record<CheckName, CheckResult>>;

/** Runs checks side by side, each shown as soon as it is done; again when asked to, or when `when` changes. */
export function useChecks(names: readonly CheckName[], when: string): { results: Results; again: () => void } {
  const { request } = useStore();
  const [results, setResults] = useState<Results>({});
  const [round, setRound] = useState(0);
  const wanted = names.join(' ');
  useEffect(() => {
    let current = true;
    setResults({});
    for (const name of wanted.split(' ') as CheckName[])
      void request('check', name).then((answer) => {
        if (current && answer.ok) setResults((before) => ({ ...before, [name]: answer.value }));
      });
    return () => {
      current = false;
    };
  }, [request, wanted, when, round]);
  return { results, again: useCallback(() => setRound((before) => before + 1), []) };
}
