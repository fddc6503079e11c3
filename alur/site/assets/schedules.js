"use strict";

/* The next fire times of schedules, at the time when somebody looks. */
alur.fires = (() => {
  const LAST_YEAR = 2199;

  /* The days of a month (from 1) on which a rule fires; weekdays as AWS counts them, Sunday is 1. */
  function days([kind, values, nth], year, month) {
    const length = new Date(Date.UTC(year, month, 0)).getUTCDate();
    const weekday = (day) => new Date(Date.UTC(year, month - 1, day)).getUTCDay() + 1;
    const all = Array.from({ length }, (_, i) => i + 1);
    const on = (wanted) => all.filter((day) => weekday(day) === wanted);
    switch (kind) {
      case "every": return all;
      case "month": return all.filter((day) => values.includes(day));
      case "week": return all.filter((day) => values.includes(weekday(day)));
      case "last": return [length];
      case "last_weekday": return on(values[0]).slice(-1);
      case "nth_weekday": return on(values[0]).slice(nth - 1, nth);
      case "nearest": return nearest(values[0], length, weekday);
      default: return [];
    }
  }

  /* The weekday (Monday to Friday) nearest a day, within the month. */
  function nearest(day, length, weekday) {
    if (day > length) return [];
    if (weekday(day) === 7) return [day > 1 ? day - 1 : day + 2];
    if (weekday(day) === 1) return [day < length ? day + 1 : day - 2];
    return [day];
  }

  /* The next fire times after an instant, all in milliseconds since 1970. */
  function next(fires, after, count) {
    const found = [];
    if (fires.every) {
      const period = fires.every * 60000;
      for (let i = 1; i <= count; i += 1) found.push((Math.floor(after / period) + i) * period);
      return found;
    }
    const start = new Date(after);
    for (let year = start.getUTCFullYear(); year <= LAST_YEAR && found.length < count; year += 1) {
      if (fires.years && !fires.years.includes(year)) continue;
      for (const month of fires.months) {
        if (Date.UTC(year, month, 1) <= after) continue;
        for (const day of days(fires.days, year, month)) {
          if (Date.UTC(year, month - 1, day + 1) <= after) continue;
          for (const hour of fires.hours) {
            for (const minute of fires.minutes) {
              const at = Date.UTC(year, month - 1, day, hour, minute);
              if (at > after) found.push(at);
              if (found.length === count) return found;
            }
          }
        }
      }
    }
    return found;
  }

  return next;
})();

alur.instant = (milliseconds) => {
  const text = new Date(milliseconds).toISOString();
  return `${text.slice(0, 10)} ${text.slice(11, 16)} UTC`;
};

/* How far an instant is away, in words. */
alur.distance = (milliseconds) => {
  const minutes = Math.round(Math.abs(milliseconds) / 60000);
  const [number, unit] = minutes < 60 ? [minutes, "minute"]
    : minutes < 48 * 60 ? [Math.round(minutes / 60), "hour"]
      : [Math.round(minutes / 1440), "day"];
  if (minutes === 0) return milliseconds < 0 ? "just now" : "in less than a minute";
  const words = `${number} ${unit}${number === 1 ? "" : "s"}`;
  return milliseconds < 0 ? `${words} ago` : `in ${words}`;
};
