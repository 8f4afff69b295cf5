import { TriangleAlert } from 'lucide-react';

/** What went wrong, where it went wrong, said aloud when it appears. */
export function Problem({ id, children }: { id?: string; children: string | null }) {
  return (
    <div role="alert" id={id}>
      {children !== null && (
        <p className="problem">
          <TriangleAlert size={16} />
          <span>{children}</span>
        </p>
      )}
    </div>
  );
}
