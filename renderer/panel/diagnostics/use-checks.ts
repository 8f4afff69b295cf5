import { useCallback, useEffect, useState } from 'react';
import type { CheckName, CheckResult } from '../../../app/ipc/panel.ts';
import { useStore } from '../use-panel.ts';

export type Results = Partial<Record<CheckName, CheckResult>>;

/** Runs checks side by side, each shown as soon as it is done; again when asked to, or when `when` changes. */
export function useChecks(names: readonly CheckName[], when: string): { results: Results; again: () => void } {
  const { request } = useStore();
  const [round, setRound] = useState(0);
  const run = JSON.stringify([names, when, round]);
  const [found, setFound] = useState<{ run: string; results: Results }>({ run, results: {} });
  useEffect(() => {
    let current = true;
    const [wanted] = JSON.parse(run) as [CheckName[]];
    for (const name of wanted)
      void request('check', name).then((answer) => {
        if (!current || !answer.ok) return;
        const { value } = answer;
        setFound((before) => ({ run, results: { ...(before.run === run ? before.results : {}), [name]: value } }));
      });
    return () => {
      current = false;
    };
  }, [request, run]);
  // What an earlier run found says nothing of now.
  return {
    results: found.run === run ? found.results : {},
    again: useCallback(() => setRound((before) => before + 1), []),
  };
}
