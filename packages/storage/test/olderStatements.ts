/**
 * The statements of a program of schema 6, word by word as it sends them. They are data: no change of ours may change them.
 */
export const olderStatements = {
  insert: `INSERT INTO generations ("id","provider","model","fingerprint","estimate","prompt","request","asked","warnings","ignored","tried","fallback","state","state_json","operation_id","output","created_at","updated_at","cancel_requested_at","job_key","cost","cost_source","video_sha256","batch","priority","turn","lease_owner","fence") VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)
        ON CONFLICT DO NOTHING RETURNING id, fence`,
  claim: `UPDATE generations SET lease_owner = ?, fence = fence + 1
        WHERE id = ? AND (lease_owner IS NULL OR NOT EXISTS (SELECT 1 FROM owners WHERE owners.owner = generations.lease_owner AND (owners.beat + owners.lease > ? AND owners.beat <= ? + 1000)))
        RETURNING *`,
  adopt: `UPDATE generations SET lease_owner = ?, fence = fence + 1
        WHERE number IN (SELECT number FROM generations WHERE (
    (state IN ('Submitting', 'Rendering', 'Downloading') AND lease_owner <> ? AND NOT EXISTS (SELECT 1 FROM owners WHERE owners.owner = generations.lease_owner AND (owners.beat + owners.lease > ? AND owners.beat <= ? + 1000)))
    OR (state IN ('Rendering', 'Downloading') AND lease_owner IS NULL AND cancel_requested_at IS NOT NULL)) ORDER BY number LIMIT ?)
        RETURNING *`,
  take: `UPDATE generations SET lease_owner = ?, fence = fence + 1
        WHERE number IN (
          SELECT number FROM generations
          WHERE state = 'Queued' AND batch IS NOT NULL AND turn IS NOT NULL AND (not_before <= ? AND (lease_owner IS NULL OR NOT EXISTS (SELECT 1 FROM owners WHERE owners.owner = generations.lease_owner AND (owners.beat + owners.lease > ? AND owners.beat <= ? + 1000))))
          ORDER BY priority DESC, turn, number LIMIT ?)
        RETURNING *`,
  takeInFlight: `UPDATE generations SET lease_owner = ?, fence = fence + 1
        WHERE number IN (
          SELECT number FROM generations WHERE state IN ('Submitting', 'Rendering') AND provider = ?
      AND (lease_owner IS NULL OR (lease_owner <> ? AND NOT EXISTS (SELECT 1 FROM owners WHERE owners.owner = generations.lease_owner AND (owners.beat + owners.lease > ? AND owners.beat <= ? + 1000)))) ORDER BY number LIMIT ?)
        RETURNING *`,
  intend: `UPDATE generations
        SET state = ?, state_json = ?, updated_at = ?,
          intended_by = ?, intended_at = ?
        WHERE id = ? AND state = ? AND fence = ? AND lease_owner = ? AND (CASE WHEN batch IS NULL THEN NULL WHEN turn IS NULL THEN 'aside'
    WHEN EXISTS (SELECT 1 FROM settings WHERE name = 'paused') THEN 'paused' END) IS NULL AND NOT EXISTS (
          SELECT 1 FROM limits WHERE limits.provider = generations.provider
            AND limits.model IN ('', generations.model) AND limits.most <= (
              SELECT COUNT(*) FROM generations AS other
              WHERE other.state IN ('Submitting', 'Rendering') AND other.provider = limits.provider
                AND limits.model IN ('', other.model)))
        RETURNING cancel_requested_at`,
  accept: `UPDATE generations
        SET state = ?, state_json = ?, updated_at = ?,
          operation_id = ?
        WHERE id = ? AND state = ? AND fence = ? AND lease_owner = ? AND NOT EXISTS (SELECT id FROM generations AS other
      WHERE other.operation_id = ? AND other.provider = ? AND other.id <> ? LIMIT 1)
        RETURNING cancel_requested_at`,
  update: `UPDATE generations
        SET state = ?, state_json = ?, updated_at = ?,
          operation_id = COALESCE(?, operation_id), not_before = ?,
          lease_owner = ?,
          video_sha256 = ?,
          cost = ?, cost_source = ?
        WHERE id = ? AND state = ? AND fence = ? AND lease_owner = ?
        RETURNING cancel_requested_at`,
  amend: `UPDATE generations SET "request" = ?, "asked" = ?, "warnings" = ?, "ignored" = ?, "tried" = ?, "fallback" = ?, "provider" = ?, "model" = ?, "fingerprint" = ?, "estimate" = ? WHERE id = ?`,
  log: `INSERT INTO events (generation_id, sequence, at, from_state, to_state, cause, attempt, fence)
        SELECT ?, COALESCE(MAX(sequence), 0) + 1, ?, ?, ?, ?, ?, ?
        FROM events WHERE generation_id = ?`,
  release: `UPDATE generations SET lease_owner = NULL
        WHERE id = ? AND fence = ? AND lease_owner = ?`,
  requestCancel: `UPDATE generations SET cancel_requested_at = COALESCE(cancel_requested_at, ?)
        WHERE id = ? RETURNING *`,
  heartbeat: `INSERT INTO owners (owner, beat, lease) VALUES (?, ?, ?)
        ON CONFLICT (owner) DO UPDATE SET beat = excluded.beat, lease = excluded.lease`,
  retire: `DELETE FROM owners WHERE owner = ?`
} as const

/** What it finds in its database: the tables of schema 6 as it made them. */
export const olderTables = `
CREATE TABLE "videogen_migrations" (
  migration_id integer PRIMARY KEY NOT NULL,
  created_at datetime NOT NULL DEFAULT current_timestamp,
  name VARCHAR(255) NOT NULL
);
CREATE TABLE generations (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    provider TEXT NOT NULL,
    model TEXT NOT NULL,
    prompt TEXT NOT NULL,
    request TEXT NOT NULL,
    state TEXT NOT NULL,
    state_json TEXT NOT NULL,
    operation_id TEXT,
    output TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    cancel_requested_at INTEGER,
    lease_owner TEXT,
    fence INTEGER NOT NULL
  , job_key TEXT, fingerprint TEXT, estimate INTEGER, batch TEXT, priority INTEGER, turn INTEGER, not_before INTEGER NOT NULL DEFAULT 0, intended_by TEXT, intended_at INTEGER, cost INTEGER, cost_source TEXT, warnings TEXT, asked TEXT, tried TEXT, fallback TEXT, ignored TEXT, video_sha256 TEXT);
CREATE INDEX generations_by_time ON generations (created_at, number);
CREATE INDEX generations_by_state ON generations (state, created_at, number);
CREATE INDEX generations_by_operation ON generations (operation_id);
CREATE TABLE events (
    generation_id TEXT NOT NULL REFERENCES generations (id),
    sequence INTEGER NOT NULL,
    at INTEGER NOT NULL,
    from_state TEXT,
    to_state TEXT NOT NULL,
    cause TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    fence INTEGER NOT NULL,
    PRIMARY KEY (generation_id, sequence)
  );
CREATE UNIQUE INDEX generations_by_key ON generations (job_key);
CREATE INDEX generations_by_fingerprint ON generations (fingerprint) WHERE fingerprint IS NOT NULL;
CREATE INDEX generations_by_batch ON generations (batch, state) WHERE batch IS NOT NULL;
CREATE INDEX generations_by_owner ON generations (lease_owner) WHERE lease_owner IS NOT NULL;
CREATE INDEX generations_by_run ON generations (intended_by) WHERE intended_by IS NOT NULL;
CREATE INDEX generations_by_day ON generations (intended_at) WHERE intended_at IS NOT NULL;
CREATE INDEX generations_waiting ON generations (priority DESC, turn, number)
    WHERE state = 'Queued' AND batch IS NOT NULL;
CREATE INDEX generations_waiting_in_batch ON generations (batch, priority DESC, turn, number)
    WHERE state = 'Queued' AND batch IS NOT NULL;
CREATE TABLE limits (
    provider TEXT NOT NULL,
    model TEXT NOT NULL,
    most INTEGER NOT NULL,
    PRIMARY KEY (provider, model)
  );
CREATE TABLE settings (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE owners (
    owner TEXT NOT NULL PRIMARY KEY,
    beat INTEGER NOT NULL,
    lease INTEGER NOT NULL
  );
CREATE INDEX generations_by_video ON generations (video_sha256) WHERE video_sha256 IS NOT NULL;
INSERT INTO videogen_migrations (migration_id, name) VALUES (1, 'create_generations');
INSERT INTO videogen_migrations (migration_id, name) VALUES (2, 'queue');
INSERT INTO videogen_migrations (migration_id, name) VALUES (3, 'receipts');
INSERT INTO videogen_migrations (migration_id, name) VALUES (4, 'ignored');
INSERT INTO videogen_migrations (migration_id, name) VALUES (5, 'beats');
INSERT INTO videogen_migrations (migration_id, name) VALUES (6, 'video_hashes');
`
