/** Warnings that stay in the panel until the agent dismisses them. */

export function createNotices(onChange: () => void) {
  const notices = new Map<string, string>();
  return {
    add(id: string, text: string): void {
      if (notices.get(id) === text) return;
      notices.set(id, text);
      onChange();
    },
    dismiss(id: string): void {
      if (notices.delete(id)) onChange();
    },
    list: () => [...notices].map(([id, text]) => ({ id, text })),
  };
}

export type Notices = ReturnType<typeof createNotices>;
