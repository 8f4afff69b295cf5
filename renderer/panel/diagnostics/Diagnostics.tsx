import { FileArchive, RotateCw } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { CHECKS, type LogLine, type PanelState } from '../../../app/ipc/panel.ts';
import { Problem } from '../parts/Problem.tsx';
import { useTexts } from '../texts/use-texts.ts';
import { useAsking, useStore } from '../use-panel.ts';
import { filled } from '../view/filled.ts';
import { Finding } from './Finding.tsx';
import { useChecks } from './use-checks.ts';

const LOG_EVERY_MS = 1000;
/** The page scrolls over them: a box of its own could not be scrolled with the keys. */
const MOST_LINES = 100;

/** What works and what does not, the log as it is written, and the archive for support. */
export function Diagnostics({ state }: { state: PanelState }) {
  const texts = useTexts();
  const { diagnostics } = texts.administration;
  // A connection that comes or goes is worth another look.
  const { results, again } = useChecks(CHECKS, [state.phone.state, state.kommo.state, state.browser.state].join(' '));
  return (
    <section className="administration" aria-label={texts.menu.diagnostics}>
      <h2>{texts.menu.diagnostics}</h2>
      <p className="quiet">{diagnostics.lead}</p>
      <ul className="findings">
        {CHECKS.map((name) => (
          <Finding key={name} name={name} result={results[name]} />
        ))}
      </ul>
      <div className="buttons">
        <button type="button" className="button" onClick={again}>
          <RotateCw size={16} />
          {diagnostics.again}
        </button>
      </div>
      <Archive />
      <LiveLog />
    </section>
  );
}

function Archive() {
  const texts = useTexts();
  const { diagnostics } = texts.administration;
  const { request } = useStore();
  const { busy, error, run } = useAsking();
  const [file, setFile] = useState<string | null>(null);
  const save = () =>
    void run(async () => {
      setFile(null);
      const answer = await request('saveArchive');
      if (answer.ok) setFile(answer.value.file);
      return answer;
    });
  return (
    <section aria-label={diagnostics.archive}>
      <h3>{diagnostics.archive}</h3>
      <p className="quiet">{diagnostics.archiveLead}</p>
      <div className="buttons">
        <button type="button" className="button" aria-disabled={busy} onClick={() => busy || save()}>
          <FileArchive size={16} />
          {diagnostics.save}
        </button>
      </div>
      <output>{file !== null && filled(diagnostics.saved, { file }, texts.language)}</output>
      <Problem>{error}</Problem>
    </section>
  );
}

function LiveLog() {
  const texts = useTexts();
  const { diagnostics } = texts.administration;
  const { request } = useStore();
  const [lines, setLines] = useState<LogLine[]>([]);
  const seen = useRef(0);
  const time = new Intl.DateTimeFormat(texts.language, { timeStyle: 'medium' });

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let stopped = false;
    seen.current = 0;
    const look = async () => {
      // A panel in the tray asks nothing.
      const answer = document.visibilityState === 'visible' ? await request('log', seen.current) : null;
      if (stopped) return;
      if (answer?.ok === true && answer.value.length > 0) {
        seen.current = answer.value.at(-1)?.seq ?? seen.current;
        const { value } = answer;
        setLines((before) => [...before, ...value].slice(-MOST_LINES));
      }
      timer = setTimeout(() => void look(), LOG_EVERY_MS);
    };
    void look();
    return () => {
      stopped = true;
      clearTimeout(timer);
    };
  }, [request]);

  return (
    <section aria-label={diagnostics.log}>
      <h3>{diagnostics.log}</h3>
      <p className="quiet">{diagnostics.logLead}</p>
      {lines.length === 0 ? (
        <p>{diagnostics.logEmpty}</p>
      ) : (
        <ol className="log">
          {lines.toReversed().map(({ seq, at, event, text }) => (
            <li key={seq}>
              <time dateTime={new Date(at).toISOString()}>{time.format(at)}</time> <strong lang="en">{event}</strong>{' '}
              <span lang="en">{text}</span>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}
