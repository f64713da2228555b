/** The mark of the program: clips on a line, the cut between them. */
export function Logo() {
  return (
    <svg className="logo" viewBox="0 0 24 24" aria-hidden="true">
      <path d="M1 12h22" stroke="var(--text-3)" strokeWidth="1.5" />
      <rect x="3" y="7" width="5" height="10" rx="1.5" fill="var(--copy)" />
      <rect x="9.5" y="5" width="3" height="14" rx="1.5" fill="var(--reencode)" />
      <rect x="14" y="7" width="7" height="10" rx="1.5" fill="var(--copy)" />
    </svg>
  );
}
