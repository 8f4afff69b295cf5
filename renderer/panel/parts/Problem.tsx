import { TriangleAlert } from 'lucide-react';
import type { Sentence } from '../../../app/texts/sentence.ts';
import { useWord } from '../texts/use-texts.ts';

/** What went wrong, where it went wrong, said aloud when it appears. */
export function Problem({ id, children }: { id?: string; children: Sentence | null }) {
  const word = useWord();
  return (
    <div role="alert" id={id}>
      {children !== null && (
        <p className="problem">
          <TriangleAlert size={16} />
          <span>{word(children)}</span>
        </p>
      )}
    </div>
  );
}
