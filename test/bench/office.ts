/** Forty desktops of one office ring together: their numbers, their names, and what Kommo has to say about it. */
import { absolute, against, percentile, type Figure } from './figure.ts';
import { measureLearning, measureOffice, startOffice, type Ring } from './office/run.ts';

const DESKTOPS = 40;
/** What Kommo allows a whole office in a second. */
const LIMIT = 7;

export const officeFigure: Figure = {
  names: ['office40.number.p95', 'office40.name.answering', 'office40.name.last', 'office40.bans', 'office40.429'],
  inTheWay:
    'forty desktops share the cores of this machine with Kommo; and of seven requests a second one is left to the agent who answers',
  async measure(say) {
    const office = await startOffice(DESKTOPS);
    try {
      const figures = await measureOffice(office, say);
      say(
        `  nobody answered: ${figures.requests} requests, the last name after ${(figures.lastNameMs / 1000).toFixed(1)} s; ${figures.onCard} of ${figures.owed} calls on the card`,
      );
      return [
        absolute('office40.number.p95', percentile(figures.numbers, 0.95), 'ms', 100),
        absolute('office40.name.answering', Math.max(...figures.answering), 'ms', 1500),
        against('office40.name.last', figures.lastNameMs / 1000, figures.requests / LIMIT, 's', 1.25),
        absolute('office40.bans', figures.bans, 'blocks', 0),
        absolute('office40.429', figures.tooMany, 'refusals', 10),
      ];
    } finally {
      await office.close();
    }
  },
};

/** The same office where nobody provisioned anything: it learns from its first call, which Kommo blocks it for. */
export const untoldOfficeFigure: Figure = {
  names: ['office40.untold.number.p95', 'office40.untold.bans'],
  inTheWay: 'forty desktops that take themselves for alone; provision `kommo.desktops`',
  async measure(say) {
    const office = await startOffice(DESKTOPS, { provisioned: false });
    try {
      const rings = await measureLearning(office);
      const told = ({ named, lastNameMs, requests, tooMany, blocked }: Ring) =>
        `${named} names${named > 0 ? `, the last after ${(lastNameMs / 1000).toFixed(1)} s` : ''}; ${requests} requests, ${tooMany} answered 429, ${blocked} 403`;
      say(`  first call: ${told(rings[0])}`);
      say(`  second call: ${told(rings[1])}`);
      const numbers = rings.flatMap((ring) => ring.numbers);
      return [
        absolute('office40.untold.number.p95', percentile(numbers, 0.95), 'ms', 100),
        absolute('office40.untold.bans', office.kommo.bans.length, 'blocks', 1),
      ];
    } finally {
      await office.close();
    }
  },
};
