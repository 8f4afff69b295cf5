import type { Caller, CallMatch, EntityRef } from '../../../app/calls/completed-call.ts';
import { useTexts } from '../texts/use-texts.ts';

/** Everybody who has the number of a call, Kommo's choice first: the agent says who it is. */
export function Matches(props: {
  id: string;
  matches: readonly CallMatch[];
  caller: Caller;
  choose(entity: EntityRef): void;
}) {
  const texts = useTexts();
  const { id, matches, caller, choose } = props;
  return (
    <fieldset className="call-matches">
      <legend>{texts.calls.choose}</legend>
      {matches.map(({ entity, name }) => (
        <label key={`${entity.type} ${entity.id}`}>
          <input
            type="radio"
            name={`match-${id}`}
            checked={caller.kind === 'entity' && caller.entity.type === entity.type && caller.entity.id === entity.id}
            onChange={() => choose(entity)}
          />
          <span className="match-name">{name ?? texts.calls.unnamed(texts.entity[entity.type])}</span>
          <span className="badge">{texts.entity[entity.type]}</span>
        </label>
      ))}
    </fieldset>
  );
}
