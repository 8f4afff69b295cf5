import { FileUp } from 'lucide-react';
import { useId, useState, type DragEvent } from 'react';
import { useTexts, useWord } from '../texts/use-texts.ts';
import { useAsking, useStore } from '../use-panel.ts';

/** As main's contract has it. */
const LONGEST = 100_000;
const ICON = new URL('../../../assets/icon-128.png', import.meta.url).href;

/** Nothing is set up: takes the provisioning file. */
export function FirstRun() {
  const texts = useTexts();
  const word = useWord();
  const { request } = useStore();
  const { busy, error, run, say } = useAsking();
  const [over, setOver] = useState(false);
  const input = useId();

  const take = async (files: FileList | null) => {
    const file = files?.[0];
    if (file === undefined || busy) return;
    if (files !== null && files.length > 1) return say(texts.firstRun.oneFile);
    // Bytes are never fewer than characters; what main counts are characters, so this only spares reading the absurd.
    if (file.size > LONGEST * 4) return say(texts.firstRun.tooLong);
    await run(async () => {
      let text: string;
      try {
        text = await file.text();
      } catch {
        return { ok: false, message: texts.firstRun.unreadable };
      }
      if (text.length > LONGEST) return { ok: false, message: texts.firstRun.tooLong };
      return request('provision', text);
    });
  };
  const hover = (event: DragEvent, isOver: boolean) => {
    event.preventDefault();
    setOver(isOver);
  };
  const lines =
    error === null
      ? []
      : word(error)
          .split('\n')
          .filter((line) => line.trim() !== '');

  return (
    <section className="first-run" aria-label={texts.firstRun.title}>
      <img src={ICON} width={64} height={64} alt="" />
      <h1>{texts.firstRun.title}</h1>
      <p>{texts.firstRun.lead}</p>
      <div
        className="drop"
        data-over={over}
        onDragOver={(event) => hover(event, true)}
        onDragLeave={(event) => hover(event, false)}
        onDrop={(event) => {
          hover(event, false);
          void take(event.dataTransfer.files);
        }}
      >
        <FileUp size={28} strokeWidth={1.5} />
        <output>{busy ? texts.firstRun.reading : over ? texts.firstRun.dropNow : texts.firstRun.drop}</output>
        <input
          id={input}
          className="unseen"
          type="file"
          accept=".json,application/json"
          onChange={(event) => {
            void take(event.currentTarget.files);
            // The same file, corrected, may be chosen again.
            event.currentTarget.value = '';
          }}
        />
        <label htmlFor={input} className="button primary">
          {texts.firstRun.choose}
        </label>
        <p className="quiet">{texts.firstRun.hint}</p>
      </div>
      <div role="alert">
        {lines.length > 0 && (
          <div className="mistakes">
            <p>{texts.firstRun.wrong}</p>
            <ul>
              {lines.map((line) => (
                <li key={line}>{line}</li>
              ))}
            </ul>
          </div>
        )}
      </div>
    </section>
  );
}
