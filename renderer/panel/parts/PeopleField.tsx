import { Autocomplete } from '@base-ui/react/autocomplete';
import { Building2, Clock, UserRound } from 'lucide-react';
import { useEffect, useState, type ReactNode, type RefObject } from 'react';
import type { Person } from '../../../app/ipc/panel.ts';
import { useTexts } from '../texts/use-texts.ts';
import { usePanel, useStore } from '../use-panel.ts';
import { recentParties, suggestionsOf, type Suggestion } from '../view/people.ts';

/** Kommo is asked when the agent has paused for so long, not for each key. */
const PAUSE_MS = 250;
/** One letter fits everybody. */
const SHORTEST = 2;

/**
 * A field for a number that finds people: those of the last calls at once, those in Kommo after a pause. They are listed
 * below `children`, so that nothing that can be pressed lies under them or moves.
 */
export function PeopleField({
  field,
  label,
  value,
  change,
  leave,
  children,
}: {
  field: RefObject<HTMLInputElement | null>;
  label: string;
  value: string;
  change: (value: string) => void;
  leave: () => void;
  children: ReactNode;
}) {
  const texts = useTexts();
  const recent = usePanel('recent');
  const [chosen, setChosen] = useState<Suggestion | null>(null);
  // Until something else is typed, there is nothing to look for.
  const isChosen = chosen !== null && chosen.number === value;
  const { people, searching } = usePeople(isChosen ? '' : value);
  const groups = isChosen ? [] : suggestionsOf(value, recentParties(recent, texts), people);
  const said = isChosen
    ? chosen.name
    : searching
      ? texts.people.searching
      : groups.length === 0 && value.trim() !== ''
        ? texts.people.none
        : '';
  return (
    <Autocomplete.Root
      items={groups}
      mode="none"
      inline
      open
      // A pointer that happens to lie over the list must not decide what Enter does.
      highlightItemOnHover={false}
      value={value}
      itemToStringValue={({ number }: Suggestion) => number}
      onValueChange={(next, { reason }) => {
        // Escape leaves the field, it does not empty it; what is chosen says itself what its number is.
        if (reason !== 'escape-key' && reason !== 'item-press') change(next);
      }}
    >
      <Autocomplete.Input
        ref={field}
        className="input"
        spellCheck={false}
        maxLength={128}
        aria-label={label}
        placeholder={texts.people.search}
        onKeyDown={(event) => {
          if (event.key !== 'Escape') return;
          event.stopPropagation();
          leave();
        }}
      />
      {children}
      <div className="people">
        <Autocomplete.List>
          {(group: (typeof groups)[number]) => (
            <Autocomplete.Group key={group.from} items={group.items}>
              <Autocomplete.GroupLabel className="people-from">{texts.people[group.from]}</Autocomplete.GroupLabel>
              <Autocomplete.Collection>
                {(item: Suggestion) => (
                  <PersonItem
                    key={item.key}
                    item={item}
                    choose={() => {
                      setChosen(item);
                      change(item.number);
                    }}
                  />
                )}
              </Autocomplete.Collection>
            </Autocomplete.Group>
          )}
        </Autocomplete.List>
        <Autocomplete.Status className="quiet people-status">{said}</Autocomplete.Status>
      </div>
    </Autocomplete.Root>
  );
}

function PersonItem({ item, choose }: { item: Suggestion; choose: () => void }) {
  const Icon = item.from === 'recent' ? Clock : item.isCompany ? Building2 : UserRound;
  return (
    <Autocomplete.Item value={item} className="menu-item person" onClick={choose}>
      <Icon size={16} />
      <span className="person-name">{item.name}</span>
      <span className="person-more">
        {item.company !== null && <span>{item.company}</span>}
        {item.name !== item.shown && <span className="number">{item.shown}</span>}
      </span>
    </Autocomplete.Item>
  );
}

/** The people in Kommo that fit what was typed. */
function usePeople(typed: string): { people: Person[]; searching: boolean } {
  const { request } = useStore();
  const query = typed.trim();
  const [found, setFound] = useState<{ query: string; people: Person[] }>({ query: '', people: [] });
  const asks = query.length >= SHORTEST;
  useEffect(() => {
    if (!asks) return;
    let wanted = true;
    const timer = setTimeout(() => {
      void request('searchPeople', query).then((answer) => {
        // Without Kommo a number can still be typed.
        if (wanted) setFound({ query, people: answer.ok ? answer.value : [] });
      });
    }, PAUSE_MS);
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, [asks, query, request]);
  return { people: asks ? found.people : [], searching: asks && found.query !== query };
}
