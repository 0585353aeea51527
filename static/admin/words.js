/** How numbers and times are written on the page. */

const integers = new Intl.NumberFormat('en-GB');
const relative = new Intl.RelativeTimeFormat('en-GB', { numeric: 'auto' });
const clock = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' });
const hour = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const day = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium' });

export const count = (number) => integers.format(number);
export const counted = (number, one, many) => `${count(number)} ${number === 1 ? one : many}`;
export const timeOfDay = (text) => clock.format(new Date(text));
export const hourOfDay = (text) => hour.format(new Date(text));
export const date = (text) => day.format(new Date(text));

const UNITS = [
  ['second', 60],
  ['minute', 60],
  ['hour', 24],
  ['day', 30],
  ['month', 12],
  ['year', Infinity],
];

/** `3 days ago`, `in 2 hours`. @param {string} text a time  @param {string} now the other */
export function fromNow(text, now) {
  let distance = (new Date(text) - new Date(now)) / 1000;
  for (const [unit, size] of UNITS) {
    if (Math.round(Math.abs(distance)) < size) return relative.format(Math.round(distance), unit);
    distance /= size;
  }
}

/** `3 days 4 h`: how long something has run. */
export function duration(seconds) {
  const days = Math.floor(seconds / 86_400);
  const hours = Math.floor((seconds % 86_400) / 3_600);
  const minutes = Math.floor((seconds % 3_600) / 60);
  if (days > 0) return `${counted(days, 'day', 'days')} ${hours} h`;
  if (hours > 0) return `${hours} h ${minutes} min`;
  return minutes > 0 ? `${minutes} min` : `${seconds} s`;
}

/** `49.2 GB`, in powers of 1000. */
export function bytes(number) {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  let unit = 0;
  for (; number >= 1000 && unit < units.length - 1; unit++) number /= 1000;
  return `${number >= 100 || unit === 0 ? Math.round(number) : number.toFixed(1)} ${units[unit]}`;
}
