-- The journal. Rows are added and never touched again: the triggers refuse
-- everything else, and a row that does not follow the last one.
CREATE TABLE plan_journal (
	seq INTEGER PRIMARY KEY CHECK (seq > 0),
	time TEXT NOT NULL,            -- RFC 3339, UTC, milliseconds
	tenant TEXT NOT NULL,
	plan TEXT NOT NULL,            -- hash of the plan
	run TEXT NOT NULL,
	change TEXT NOT NULL,
	subject TEXT NOT NULL,
	action TEXT NOT NULL,
	field TEXT NOT NULL,
	actor TEXT NOT NULL,
	phase TEXT NOT NULL,
	before TEXT NOT NULL,          -- canonical JSON
	after TEXT NOT NULL,
	note TEXT NOT NULL,
	request_id TEXT NOT NULL,
	prev_hash TEXT NOT NULL,
	hash TEXT NOT NULL
) STRICT;
CREATE INDEX plan_journal_run ON plan_journal (run, seq);
CREATE INDEX plan_journal_plan ON plan_journal (plan, seq);
CREATE INDEX plan_journal_phase ON plan_journal (phase, tenant, time);

CREATE TRIGGER plan_journal_follows BEFORE INSERT ON plan_journal
WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM plan_journal)
	OR NEW.prev_hash IS NOT coalesce((SELECT hash FROM plan_journal ORDER BY seq DESC LIMIT 1), printf('%064d', 0))
BEGIN SELECT RAISE(ABORT, 'a row of the journal must follow the last one'); END;

CREATE TRIGGER plan_journal_kept BEFORE UPDATE ON plan_journal
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;

CREATE TRIGGER plan_journal_whole BEFORE DELETE ON plan_journal
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;

-- Plans as they were sealed, by their hash, which the journal's rows name.
CREATE TABLE plan_plans (
	hash TEXT PRIMARY KEY,
	id TEXT NOT NULL,
	tenant TEXT NOT NULL,
	saved TEXT NOT NULL,
	body TEXT NOT NULL             -- the plan file
) STRICT, WITHOUT ROWID;

CREATE TRIGGER plan_plans_once BEFORE INSERT ON plan_plans
WHEN EXISTS (SELECT 1 FROM plan_plans WHERE hash = NEW.hash)
BEGIN SELECT RAISE(ABORT, 'a plan is never changed'); END;

CREATE TRIGGER plan_plans_kept BEFORE UPDATE ON plan_plans
BEGIN SELECT RAISE(ABORT, 'a plan is never changed'); END;

CREATE TRIGGER plan_plans_whole BEFORE DELETE ON plan_plans
BEGIN SELECT RAISE(ABORT, 'a plan is never deleted'); END;
