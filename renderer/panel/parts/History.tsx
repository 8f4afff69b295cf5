import { useVirtualizer } from '@tanstack/react-virtual';
import { ArrowUp, FileDown, Phone, Search, TriangleAlert, X } from 'lucide-react';
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState, type RefObject } from 'react';
import type { HistoryEntry, HistorySearch } from '../../../app/ipc/panel.ts';
import { KEYS } from '../shortcuts.ts';
import { useTexts } from '../texts/use-texts.ts';
import { useAsking, usePanel, useStore, useToday } from '../use-panel.ts';
import { dayFormats, localesFor, rowsByDay } from '../view/days.ts';
import { whoOf } from '../view/history.ts';
import { Entry } from './Entry.tsx';
import { Problem } from './Problem.tsx';
import { TimelineDialog } from './TimelineDialog.tsx';

/** The page scrolls as a whole: the list is one part of it. */
const SCROLLER = 'panel';
/** What a row takes before it was measured. */
const ROW_HEIGHT = 62;
/** More is read when so many rows are left. */
const AHEAD = 15;

/** The calls of before, newest first: only what can be seen is on the page. */
export function History({ undelivered }: { undelivered: number }) {
  const texts = useTexts();
  const history = usePanel('history');
  const [timelineOf, setTimelineOf] = useState<HistoryEntry | null>(null);
  const [party, setParty] = useState<string | null>(null);
  const store = useStore();
  const { search, entries, loading, more, error } = history;
  const searched = search.text.trim() !== '' || search.filter !== 'all' || search.partyOf !== null;
  const showParty = useCallback(
    (entry: HistoryEntry) => {
      setParty(whoOf(entry.call, texts));
      void store.search({ text: '', filter: 'all', partyOf: entry.call.id });
    },
    [store, texts],
  );
  const nothing = entries.length === 0 && !loading && error === null;

  return (
    <section className="history" aria-label={texts.history.region}>
      <div className="history-head">
        <h2>{texts.history.region}</h2>
        {undelivered > 0 && (
          <span className="undelivered">
            <TriangleAlert size={14} />
            {texts.history.undelivered(undelivered)}
          </span>
        )}
      </div>
      {(entries.length > 0 || searched) && <SearchBar search={search} />}
      {search.partyOf !== null && party !== null && (
        <p className="party">
          <span>{texts.history.onlyParty(party)}</span>
          <button type="button" className="link-button" onClick={() => void store.search({ partyOf: null })}>
            <X size={14} />
            {texts.history.everybody}
          </button>
        </p>
      )}
      <output className="unseen">{searched && !loading ? texts.history.found(entries.length, more) : ''}</output>
      {nothing && (
        <div className="empty">
          {searched ? <Search size={24} strokeWidth={1.5} /> : <Phone size={24} strokeWidth={1.5} />}
          <p>{searched ? texts.history.nothingFound : texts.history.empty}</p>
          <p className="quiet">{searched ? texts.history.nothingFoundHint : texts.history.emptyHint}</p>
        </div>
      )}
      <Rows entries={entries} showTimeline={setTimelineOf} showParty={showParty} />
      <Problem>{error}</Problem>
      {more && (
        <button type="button" className="button wide" onClick={() => void store.older()}>
          {loading ? texts.history.loading : texts.history.older}
        </button>
      )}
      <TimelineDialog entry={timelineOf} close={() => setTimelineOf(null)} />
    </section>
  );
}

/** A search that is answered while it is typed, which calls to show, and the way out as a file. */
function SearchBar({ search }: { search: HistorySearch }) {
  const texts = useTexts();
  const store = useStore();
  const { busy, error, run, say } = useAsking();
  const [exported, setExported] = useState<string | null>(null);
  const [text, setText] = useState(search.text);
  const [shownFor, setShownFor] = useState(search.text);
  // Somebody else (only this party, show everybody) changed the search.
  if (shownFor !== search.text) {
    setShownFor(search.text);
    setText(search.text);
  }
  const change = (next: string) => {
    setText(next);
    setShownFor(next);
    void store.search({ text: next });
  };
  const save = () =>
    run(async () => {
      const answer = await store.request('exportHistory', search);
      if (answer.ok && answer.value.file !== null)
        setExported(texts.history.exported(answer.value.calls, answer.value.file));
      return answer;
    });

  return (
    <search className="search">
      <div className="search-row">
        <Search size={16} className="search-icon" />
        <input
          className="input"
          type="text"
          inputMode="search"
          autoComplete="off"
          spellCheck={false}
          maxLength={200}
          aria-label={texts.history.search}
          aria-keyshortcuts={KEYS.search}
          placeholder={texts.history.search}
          title={texts.history.search}
          value={text}
          onChange={({ target }) => change(target.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Escape' || text === '') return;
            event.stopPropagation();
            change('');
          }}
        />
        {text !== '' && (
          <button
            type="button"
            className="icon-button search-clear"
            aria-label={texts.history.searchClear}
            title={texts.history.searchClear}
            onClick={() => change('')}
          >
            <X size={16} />
          </button>
        )}
      </div>
      <div className="search-more">
        <fieldset className="filters" aria-label={texts.history.show}>
          {(['all', 'missed', 'not-delivered'] as const).map((filter) => (
            <label key={filter} className="filter">
              <input
                type="radio"
                name="history-filter"
                className="unseen"
                checked={search.filter === filter}
                onChange={() => void store.search({ filter })}
              />
              <span>{texts.history.filters[filter]}</span>
            </label>
          ))}
        </fieldset>
        <button
          type="button"
          className="icon-button"
          aria-label={texts.history.exportCsv}
          title={texts.history.exportCsv}
          aria-disabled={busy}
          onClick={() => {
            say(null);
            if (!busy) void save();
          }}
        >
          <FileDown size={16} />
        </button>
      </div>
      {exported !== null && <output className="quiet">{exported}</output>}
      <Problem>{error}</Problem>
    </search>
  );
}

function Rows(props: {
  entries: HistoryEntry[];
  showTimeline: (entry: HistoryEntry) => void;
  showParty: (entry: HistoryEntry) => void;
}) {
  const { entries, showTimeline, showParty } = props;
  const texts = useTexts();
  const store = useStore();
  const today = useToday();
  const formats = useMemo(() => dayFormats(localesFor(texts.language, navigator.languages)), [texts]);
  const rows = useMemo(
    () => rowsByDay(entries, ({ call }) => call.startedAt, today, texts, formats),
    [entries, today, texts, formats],
  );
  const keyOf = useCallback(
    (index: number) => {
      const row = rows[index];
      return row === undefined ? index : row.kind === 'day' ? row.key : row.entry.call.id;
    },
    [rows],
  );
  const list = useRef<HTMLUListElement>(null);
  const top = useTop(list);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => document.getElementById(SCROLLER),
    estimateSize: (index) => (rows[index]?.kind === 'day' ? 32 : ROW_HEIGHT),
    getItemKey: keyOf,
    overscan: 6,
    scrollMargin: top,
  });
  const items = virtual.getVirtualItems();
  const first = items[0]?.index ?? 0;
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    // Days are rows as well: a little before what is seen is as good.
    store.look(Math.max(0, rows.slice(0, first).filter(({ kind }) => kind === 'entry').length));
    if (last >= rows.length - AHEAD) void store.older();
  }, [store, rows, first, last]);
  if (rows.length === 0) return null;

  return (
    <>
      {(virtual.scrollOffset ?? 0) > top + 2000 && (
        <button
          type="button"
          className="button to-top"
          onClick={() => document.getElementById(SCROLLER)?.scrollTo({ top: 0 })}
        >
          <ArrowUp size={16} />
          {texts.history.newest}
        </button>
      )}
      <ul ref={list} className="entries" style={{ height: virtual.getTotalSize() }}>
        {items.map(({ index, key, start }) => {
          const row = rows[index];
          if (row === undefined) return null;
          const place = { transform: `translateY(${start - top}px)` };
          return (
            <li key={key} className="row" data-index={index} ref={virtual.measureElement} style={place}>
              {row.kind === 'day' ? (
                <h3>{row.heading}</h3>
              ) : (
                <Entry entry={row.entry} formats={formats} showTimeline={showTimeline} showParty={showParty} />
              )}
            </li>
          );
        })}
      </ul>
    </>
  );
}

/** Where an element begins in what scrolls; again when something above it changes its height. */
function useTop(element: RefObject<HTMLElement | null>): number {
  const [top, setTop] = useState(0);
  useLayoutEffect(() => {
    const scroller = document.getElementById(SCROLLER);
    if (scroller === null) return;
    const measure = () => {
      if (element.current === null) return;
      setTop(
        Math.round(element.current.getBoundingClientRect().top - scroller.getBoundingClientRect().top) +
          scroller.scrollTop,
      );
    };
    measure();
    const observer = new ResizeObserver(measure);
    for (const part of document.querySelectorAll('.status, .desk, .history-head, .search, .history'))
      observer.observe(part);
    return () => observer.disconnect();
  }, [element]);
  return top;
}
