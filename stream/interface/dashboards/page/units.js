// Values as people read them; the units are those of board.py.

const digits = (most) => new Intl.NumberFormat("en", { maximumFractionDigits: most });
const whole = digits(0), tenths = digits(1), hundredths = digits(2);
const small = new Intl.NumberFormat("en", { maximumSignificantDigits: 2 });
const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

const count = (value) => {
  const size = Math.abs(value);
  if (size >= 1e5) return compact.format(value);
  if (size >= 10) return whole.format(value);
  return (size >= 0.1 || size === 0 ? hundredths : small).format(value);
};

const SPANS = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"], [1e-3, "ms"], [1e-6, "µs"]];
const SIZES = [[2 ** 40, "TiB"], [2 ** 30, "GiB"], [2 ** 20, "MiB"], [2 ** 10, "KiB"], [1, "B"]];

const scaled = (value, scale, base) => {
  if (value === 0) return `0 ${base}`;
  const [size, name] = scale.find(([least]) => Math.abs(value) >= least) ?? scale[scale.length - 1];
  return `${(Math.abs(value) < 100 * size ? tenths : whole).format(value / size)} ${name}`;
};

const UNITS = {
  short: count,
  none: count,
  whole: (value) => count(Math.round(value)),
  ops: (value) => `${count(value)}/s`,
  percentunit: (value) => `${tenths.format(value * 100)} %`,
  s: (value) => scaled(value, SPANS, "s"),
  bytes: (value) => scaled(value, SIZES, "B"),
  dateTimeFromNow: (value) => `${scaled(Math.max(0, Date.now() - value) / 1000, SPANS, "s")} ago`,
};

export const said = (value, unit) => (value == null ? "–" : UNITS[unit](value));

// How far apart the lines of an axis may be, so that their words are round.
const decimal = Array.from({ length: 30 }, (_, i) => [1, 2, 5].map((n) => n * 10 ** (i - 12))).flat();
const longer = [60, 120, 300, 600, 1800, 3600, 7200, 21600, 43200];
const days = decimal.filter((n) => n >= 1).map((n) => n * 86400);
export const steps = {
  s: [...decimal.filter((n) => n < 60), ...longer, ...days],
  bytes: Array.from({ length: 50 }, (_, i) => 2 ** i),
};

const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
export const at = (seconds) => clock.format(seconds * 1000);
