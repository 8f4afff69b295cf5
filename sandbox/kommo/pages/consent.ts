import type { User } from '../data.ts';
import type { World } from '../world.ts';
import { html } from './html.ts';
import type { Html } from './html.ts';

/** What the consent page has to carry on to its answer. */
export type ConsentRequest = { readonly clientId: string; readonly state: string; readonly mode: string };

/** `GET /oauth`: who signs in, what is asked for, Allow and Deny (kommo.md 1.1). */
export function consentPage(world: World, visitor: User, request: ConsentRequest): string {
  const { account, users } = world.data;
  return bare(
    `Allow ${world.integrationName}?`,
    html`<form method="post" action="/oauth" class="consent">
      <div class="consent-marks">
        <span class="mark kommo">K</span><span class="dots">···</span
        ><span class="mark">${world.integrationName.slice(0, 1)}</span>
      </div>
      <h1>Allow ${world.integrationName} to work with ${account.name}?</h1>
      <p>The application will be able to</p>
      <ul>
        <li>read and change contacts, leads, companies and customers</li>
        <li>show notifications of calls</li>
        <li>act in your name and with your rights</li>
      </ul>
      <label
        >Sign in as
        <select name="user">
          ${users.map((user) => html`<option value="${user.id}" ${user.id === visitor.id ? html`selected` : ''}>${user.name}${user.isAdmin ? ' (admin)' : ''}</option>`)}
        </select>
      </label>
      <input type="hidden" name="client_id" value="${request.clientId}" />
      <input type="hidden" name="state" value="${request.state}" />
      <input type="hidden" name="mode" value="${request.mode}" />
      <div class="consent-buttons">
        <button name="decision" value="deny" class="quiet">Deny</button>
        <button name="decision" value="allow">Allow</button>
      </div>
      <p class="meta">${account.subdomain} · ${new URL(world.origin).host}</p>
    </form>`,
  );
}

/** What a person sees when the request cannot be granted, without a redirect to anywhere. */
export function consentErrorPage(title: string, advice: string): string {
  return bare(
    title,
    html`<section class="consent">
      <h1>${title}</h1>
      <p>${advice}</p>
    </section>`,
  );
}

/** `mode=popup`: the opener goes to the redirect address and the window closes (kommo.md 1.1). */
export function popupRedirectPage(address: string): string {
  return bare(
    'Signing in',
    html`<section class="consent" data-redirect="${address}"><p>You may close this window.</p></section>
      <script>
        const address = document.querySelector('[data-redirect]').dataset.redirect;
        if (window.opener) {
          window.opener.location.href = address;
          window.close();
        } else window.location.href = address;
      </script>`,
  );
}

function bare(title: string, content: Html): string {
  return `<!doctype html>\n${
    html`<html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title}</title>
        <link rel="icon" href="data:," />
        <link rel="stylesheet" href="/sandbox/style.css" />
      </head>
      <body class="bare">
        ${content}
      </body>
    </html>`.text
  }`;
}
