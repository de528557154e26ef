-- A snapshot begins open, is filled part by part, and is closed when its
-- accounts were joined and saved.
CREATE TABLE directory_snapshots (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	tenant TEXT NOT NULL,
	taken TEXT NOT NULL,           -- RFC 3339, UTC: when the reading began
	saved TEXT,                    -- when it was closed; NULL while it is open
	complete INTEGER NOT NULL DEFAULT 0,
	accounts INTEGER NOT NULL DEFAULT 0,
	header BLOB                    -- the snapshot without its accounts: JSON, zstd
) STRICT;
CREATE INDEX directory_snapshots_tenant ON directory_snapshots (tenant, taken);

CREATE TABLE directory_parts (
	snapshot INTEGER NOT NULL REFERENCES directory_snapshots (id) ON DELETE CASCADE,
	name TEXT NOT NULL,
	state TEXT NOT NULL,
	why TEXT NOT NULL,
	licence TEXT NOT NULL DEFAULT '',
	count INTEGER NOT NULL DEFAULT 0,
	resume TEXT NOT NULL DEFAULT '', -- position behind the last page
	PRIMARY KEY (snapshot, name)
) STRICT, WITHOUT ROWID;

-- The answers of the services, page by page: JSON [{"o": owner, "r": object}], zstd.
CREATE TABLE directory_pages (
	id INTEGER PRIMARY KEY,
	snapshot INTEGER NOT NULL,
	part TEXT NOT NULL,
	items BLOB NOT NULL,
	FOREIGN KEY (snapshot, part) REFERENCES directory_parts (snapshot, name) ON DELETE CASCADE
) STRICT;
CREATE INDEX directory_pages_part ON directory_pages (snapshot, part, id);

-- One row for each account of a closed snapshot. NULL is unknown.
CREATE TABLE directory_accounts (
	snapshot INTEGER NOT NULL REFERENCES directory_snapshots (id) ON DELETE CASCADE,
	id TEXT NOT NULL,
	upn TEXT NOT NULL,
	name TEXT NOT NULL,
	kind TEXT,
	enabled INTEGER,
	synced TEXT,
	last_success TEXT,             -- '' is never
	facts BLOB NOT NULL,           -- the account: JSON, zstd
	PRIMARY KEY (snapshot, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX directory_accounts_id ON directory_accounts (id, snapshot);
