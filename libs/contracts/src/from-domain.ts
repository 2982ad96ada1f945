/** The one rule of which domains a sending server may send From: config takes it, scheduler and sender apply it. */

/** `example.com` allows itself alone; `*.example.com` allows it and all its subdomains. Texts in lower case. */
export const mayBeFrom = (allowed: readonly string[], domain: string): boolean =>
  allowed.some((entry) =>
    entry.startsWith('*.') ? domain === entry.slice(2) || domain.endsWith(entry.slice(1)) : domain === entry,
  );
