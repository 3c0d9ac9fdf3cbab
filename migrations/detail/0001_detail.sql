-- Detail rows of the embedded views (SQLite). Derived: delete the file and it is rebuilt from the log.
--
-- A row of a bitemporal table holds from position known_from (included) to known_to (excluded);
-- 9223372036854775807 is "until further notice". What one request wrote is known from its last event on,
-- all of it. A dossier is numbered by the position of its first
-- event, a contract by the position of the event that declared it: a rebuild gives the same numbers.
-- Days count from 1970-01-01; instants are microseconds since then. No personal data.

CREATE TABLE checkpoint (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    position INTEGER NOT NULL
);
INSERT INTO checkpoint VALUES (1, 0);

-- A dossier is loaded by the run that declared it, extracted on loaded_on: all that it said at first
-- is known from loaded_to on.
CREATE TABLE enrolment_ids (
    dossier INTEGER PRIMARY KEY,
    stream BLOB NOT NULL,
    source TEXT NOT NULL,
    loaded_on INTEGER NOT NULL,
    loaded_to INTEGER NOT NULL
);

CREATE TABLE contract_ids (
    contract INTEGER PRIMARY KEY,
    id BLOB NOT NULL,
    dossier INTEGER NOT NULL
);

CREATE TABLE enrolments (
    dossier INTEGER NOT NULL,
    known_from INTEGER NOT NULL,
    known_to INTEGER NOT NULL,
    school_year TEXT NOT NULL,
    entry_on INTEGER NOT NULL,
    end_on INTEGER NOT NULL,
    trainer_uai TEXT NOT NULL,
    trainer_siret TEXT NOT NULL,
    cfd TEXT,
    rncp TEXT,
    title TEXT,
    year_of_training INTEGER,
    excluded_on INTEGER,
    withdrawn_on INTEGER,
    completed_on INTEGER,
    diploma INTEGER,
    stopped_on INTEGER,
    -- In the sessions that the newest goes on with.
    first_contract_on INTEGER,
    birth_month INTEGER,
    -- The day from which the 90 days without a contract count under R3: the entry, or that of a
    -- former session that the newest goes on with.
    waits_from INTEGER NOT NULL,
    -- Former sessions, oldest first: "first/last first/last"; none when there is only one.
    sessions TEXT,
    PRIMARY KEY (dossier, known_from)
) WITHOUT ROWID;

CREATE TABLE contracts (
    contract INTEGER NOT NULL,
    known_from INTEGER NOT NULL,
    known_to INTEGER NOT NULL,
    dossier INTEGER NOT NULL,
    ordinal INTEGER NOT NULL,
    start_on INTEGER NOT NULL,
    end_on INTEGER,
    ended_on INTEGER,
    broken_on INTEGER,
    notified_on INTEGER,
    mode TEXT,
    initiator TEXT,
    rupture_event BLOB,
    PRIMARY KEY (contract, known_from)
) WITHOUT ROWID;

CREATE TABLE findings (
    dossier INTEGER NOT NULL,
    rule TEXT NOT NULL,
    contract INTEGER NOT NULL,
    known_from INTEGER NOT NULL,
    known_to INTEGER NOT NULL,
    since INTEGER NOT NULL,
    PRIMARY KEY (dossier, rule, contract, known_from)
) WITHOUT ROWID;

CREATE TABLE runs (
    position INTEGER PRIMARY KEY,
    stream BLOB NOT NULL,
    recorded_at INTEGER NOT NULL,
    source TEXT NOT NULL,
    extracted_at INTEGER NOT NULL,
    extracted_on INTEGER NOT NULL,
    is_full INTEGER NOT NULL,
    held INTEGER NOT NULL,
    view TEXT NOT NULL,
    decided_at INTEGER,
    decision TEXT
);
CREATE INDEX run_by_stream ON runs (stream);
CREATE INDEX runs_of_source ON runs (source, position);

CREATE TABLE run_trainers (
    position INTEGER NOT NULL,
    trainer_uai TEXT NOT NULL,
    trainer_siret TEXT NOT NULL,
    rows INTEGER NOT NULL,
    extracted_on INTEGER NOT NULL,
    PRIMARY KEY (position, trainer_uai, trainer_siret)
) WITHOUT ROWID;
CREATE INDEX runs_of_trainer ON run_trainers (trainer_uai, extracted_on, position, rows) WHERE rows > 0;

CREATE TABLE reference_sets (
    position INTEGER PRIMARY KEY,
    hash BLOB NOT NULL,
    name TEXT NOT NULL,
    summary TEXT NOT NULL
);

-- Contracts whose workflow runs here, numbered by the position of their first event.
CREATE TABLE workflow_ids (
    contract INTEGER PRIMARY KEY,
    id BLOB NOT NULL
);
CREATE UNIQUE INDEX workflow_by_id ON workflow_ids (id);

-- What is sealed of them is in no row: of the place of work the département alone, of the employer whose key it is under.
CREATE TABLE workflows (
    contract INTEGER NOT NULL,
    known_from INTEGER NOT NULL,
    -- The first day of which it speaks, and the first of which it does not any more: silence may put a form in force again.
    from_on INTEGER NOT NULL,
    to_on INTEGER NOT NULL,
    known_to INTEGER NOT NULL,
    version INTEGER NOT NULL,
    enrolment BLOB,
    -- The round under way: 0 is the contract, then its amendments.
    round INTEGER NOT NULL,
    phase TEXT NOT NULL,
    life TEXT NOT NULL,
    public_law INTEGER,
    body TEXT,
    departement TEXT,
    cfa_siret TEXT,
    cfa_uai TEXT,
    -- As the form in force says them, else that of the round under way.
    start_on INTEGER,
    end_on INTEGER,
    exams_end_on INTEGER,
    signed_on INTEGER,
    submitted_on INTEGER,
    complete_on INTEGER,
    asked_on INTEGER,
    decided_on INTEGER,
    -- When all had first signed.
    runs_from INTEGER,
    broken_on INTEGER,
    -- Whether the CFA trains on after the rupture, and a mission locale looks after them.
    looked_after INTEGER,
    ended_on INTEGER,
    -- What somebody must do, and its day; for what is due at once, the day since when it is.
    next_due TEXT,
    next_on INTEGER,
    employer BLOB,
    PRIMARY KEY (contract, known_from, from_on)
) WITHOUT ROWID;
-- By known_to first: of what holds until further notice only the contracts under way have a next day.
CREATE INDEX workflows_next ON workflows (known_to, next_on) WHERE next_on IS NOT NULL;
-- What holds until further notice, whole, of a place and of a deposit body: their queue by phase.
CREATE INDEX workflows_known ON workflows (known_to);
CREATE INDEX workflows_of_place ON workflows (departement, phase, known_to);
CREATE INDEX workflows_of_body ON workflows (body, phase, known_to);
CREATE INDEX workflows_broken ON workflows (broken_on) WHERE broken_on IS NOT NULL;
CREATE INDEX workflows_of_enrolment ON workflows (enrolment) WHERE enrolment IS NOT NULL;
CREATE INDEX workflows_of_employer ON workflows (employer) WHERE employer IS NOT NULL;

CREATE TABLE workflow_dues (
    contract INTEGER NOT NULL,
    due TEXT NOT NULL,
    known_from INTEGER NOT NULL,
    -- The first day on which it is due.
    from_on INTEGER NOT NULL,
    known_to INTEGER NOT NULL,
    earliest INTEGER,
    latest INTEGER,
    article TEXT NOT NULL,
    -- The last day on which it is due.
    until INTEGER,
    since INTEGER,
    PRIMARY KEY (contract, due, known_from, from_on)
) WITHOUT ROWID;

-- To whom a contract is shown: a word, then what it is.
CREATE TABLE workflow_ties (
    contract INTEGER NOT NULL,
    tie TEXT NOT NULL,
    known_from INTEGER NOT NULL,
    known_to INTEGER NOT NULL,
    PRIMARY KEY (contract, tie, known_from)
) WITHOUT ROWID;
CREATE INDEX workflows_of_tie ON workflow_ties (tie, contract);

-- By what the apprentice and the legal representative are searched, now or before: keyed pseudonyms, and under whose key what they
-- are made of is sealed.
CREATE TABLE workflow_persons (
    contract INTEGER NOT NULL,
    key BLOB NOT NULL,
    subject BLOB NOT NULL,
    known_from INTEGER NOT NULL,
    PRIMARY KEY (contract, key, subject)
) WITHOUT ROWID;
CREATE INDEX workflows_of_key ON workflow_persons (key, contract);
CREATE INDEX workflows_of_subject ON workflow_persons (subject);
