/**
 * The widget as Kommo loads it (kommo.md 7.3): the constructor that the AMD module gives, with its callbacks. The
 * build wraps it in `define(['jquery'], …)`. One client for the page, whatever Kommo does with the instances.
 */
import { createClient, type Client } from './client.ts';
import { createKommoPage, type KommoWidget } from './kommo-page.ts';
import { createPanel, type Panel } from './panel.ts';
import { mayBeSaved } from './settings-form.ts';
import { readTexts } from './texts.ts';

type Running = { client: Client; panel: Panel; adopt(widget: KommoWidget): void };

/** Where the one running client is kept, on `window`: a second copy of this script finds it there. */
const PLACE = Symbol.for('ringside.widget');
declare global {
  interface Window {
    [PLACE]?: Running;
  }
}

function run(first: KommoWidget): Running {
  let widget = first;
  const page = createKommoPage(window, () => widget);
  const texts = readTexts(page.section);
  const client = createClient(
    page,
    () => texts,
    (view) => panel.show(view),
  );
  const panel: Panel = createPanel(texts.card, client);
  return {
    client,
    panel,
    adopt: (next) => {
      widget = next;
    },
  };
}

/** In cards and lists alike; a copy of this script that lives no more does nothing. */
function clickToCall(widget: KommoWidget): void {
  widget.add_action?.('phone', (clicked) => {
    const number: unknown = typeof clicked === 'object' && clicked !== null ? Reflect.get(clicked, 'value') : undefined;
    window[PLACE]?.client.dial(number);
  });
}

/** Called with `new` by Kommo, which has given the prototype its methods (`i18n`, `system`, `get_settings`…). */
export default function RingsideWidget(this: KommoWidget): KommoWidget {
  let modal: unknown = null;
  this.callbacks = {
    // Again at every change of area: only the card is put back, the socket lives on.
    render: () => {
      window[PLACE]?.panel.attach();
      return true;
    },
    init: () => {
      const running = window[PLACE];
      if (running === undefined) {
        const started = run(this);
        window[PLACE] = started;
        started.panel.attach();
        started.client.start();
      } else {
        running.adopt(this);
        running.panel.attach();
      }
      clickToCall(this);
      return true;
    },
    bind_actions: () => true,
    settings: ($modal) => {
      modal = $modal;
      return true;
    },
    onSave: (saved) => mayBeSaved(saved, modal, readTexts((name) => this.i18n?.(name)).settings),
    destroy: () => {
      const running = window[PLACE];
      delete window[PLACE];
      running?.client.stop();
      running?.panel.remove();
      return true;
    },
  };
  return this;
}
