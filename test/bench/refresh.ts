/** How often a desktop refreshes its tokens while a hundred requests wait for them. */
import { agents, openKommo } from '../../sandbox/kommo/index.ts';
import { openDesk, provisioningFor } from '../unit/main/session/desk.ts';
import { absolute, type Figure } from './figure.ts';

const WAITING = 100;
const A_DAY_AND_MORE = 25 * 3_600_000;

export const refreshFigure: Figure = {
  names: ['refresh.count'],
  inTheWay: 'requests that come while a refresh is under way do not wait for that one',
  async measure(say) {
    // Slow enough that every request comes while the refresh is under way.
    const kommo = await openKommo({ rateLimit: 'off', latencyMs: 200 });
    const desk = openDesk(
      provisioningFor(kommo.origin, { kind: 'oauth', ...kommo.integration, authorizeUrl: `${kommo.origin}/oauth` }),
    );
    try {
      await desk.session.pasteCode(kommo.authority.issueCode(agents.anaSilva.id));
      desk.later(A_DAY_AND_MORE);
      const before = kommo.requests.length;
      const client = desk.session.client();
      if (client === null) throw new Error('nobody is signed in');
      await Promise.all(Array.from({ length: WAITING }, () => client.account()));
      const since = kommo.requests.slice(before);
      const refreshes = since.filter(
        ({ path, body }) =>
          path === '/oauth2/access_token' &&
          typeof body === 'object' &&
          body !== null &&
          'grant_type' in body &&
          body.grant_type === 'refresh_token',
      ).length;
      const answered = since.filter(({ path, status }) => path === '/api/v4/account' && status === 200).length;
      say(`  ${answered} requests answered with a new token after ${refreshes} refresh`);
      return [absolute('refresh.count', refreshes, 'refreshes', 1)];
    } finally {
      desk.remove();
      await kommo.close();
    }
  },
};
